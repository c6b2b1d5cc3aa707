"""Training by the command line's function: runs, resumes and shares; with a very small network."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from run_files import losses, weights

pytest.importorskip("lightning")

import tiny
from lightning.pytorch import Trainer

from hand_recon_ros.hand_model import load_free_hand
from hand_recon_train.training import command, overfitting, timing
from hand_recon_train.training.data import HandData
from hand_recon_train.training.ema import WeightAverage
from hand_recon_train.training.module import HandTraining
from hand_recon_train.training.objectives import objective_of
from hand_recon_train.training.sources import Source

pytestmark = pytest.mark.usefixtures("small_network")
HERE = Path(__file__).parent
ENVIRONMENT = {
    **os.environ,
    "OMP_NUM_THREADS": "1",
    "CUDA_VISIBLE_DEVICES": "",
    "PYTHONPATH": f"{HERE}:{HERE.parents[1]}",
}


def in_process(tmp_path, arguments, kill_after=-1, log="log", launcher=()):
    """Outcome of a process that trains; its losses are in files log.RANK."""
    command_line = [sys.executable, *launcher, str(HERE / "fit_process.py"), str(tmp_path / log), str(kill_after)]
    return subprocess.run([*command_line, *arguments], env=ENVIRONMENT, capture_output=True, text=True, timeout=240)


def test_a_killed_and_resumed_run_equals_the_uninterrupted_one(config, tmp_path):
    """Killed in the middle of the second epoch, two steps after a checkpoint."""
    whole = command.fit([*config("whole"), "--save_every", "2"])
    assert whole.global_step == 8
    killed = in_process(tmp_path, [*config("killed"), "--trainer.max_epochs", "2"], kill_after=7)
    assert killed.returncode == -9
    assert weights(tmp_path / "killed")[0] == 6
    resumed = command.fit([*config("killed"), "--resume", "--save_every", "2"])
    assert resumed.global_step == 8
    (_, first, first_average), (step, second, second_average) = (weights(tmp_path / n) for n in ("whole", "killed"))
    assert step == 8
    assert first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)
    assert all(torch.equal(first_average[name], second_average[name]) for name in first_average)


def test_two_processes_see_what_one_with_twice_the_batch_does(config, tmp_path):
    one = in_process(tmp_path, config("one", data__batch=4, trainer__max_epochs=1), log="one")
    launcher = (
        "-m",
        "torch.distributed.run",
        "--nproc_per_node=2",
        "--master_port=0",
        "--rdzv-backend=c10d",
        "--rdzv-endpoint=localhost:0",
    )
    shared = config("two", trainer__max_epochs=1, trainer__devices=2, trainer__strategy="ddp")
    two = in_process(tmp_path, shared, log="two", launcher=launcher)
    assert one.returncode == two.returncode == 0, one.stderr[-2000:] + two.stderr[-2000:]
    alone, first, second = (losses(tmp_path / name) for name in ("one.0", "two.0", "two.1"))
    assert len(alone) == 2
    for step, loss in alone.items():
        assert (first[step] + second[step]) / 2 == pytest.approx(loss, rel=1e-4)


def test_few_samples_are_learnt_until_they_are_known(config, capsys, monkeypatch):
    """With a goal that the small network reaches soon: it stops there, far from the last epoch."""
    monkeypatch.setattr(overfitting, "GOAL_MM", 15.0)
    trainer = command.fit([*config("over", ema=0.0), "--overfit", "2"])
    assert float(trainer.callback_metrics[overfitting.MEASURE]) < 15
    assert trainer.current_epoch < overfitting.EPOCHS / 2
    assert "on 2 samples after" in capsys.readouterr().out


def test_pairs_to_learn_by_heart_have_both_hands(freihand):
    """One in eight rendered pictures of two hands has two of one side, and a pair's truth needs both."""
    data = HandData("eaa_interhand", train=Source(seed=1, two_handed=1.0, count=30), overfit=8, workers=0)
    (batch,) = data.val_dataloader()
    assert batch.present.shape == (8, 2) and batch.present.all() and batch.has_vertices.all()
    single = HandData("eaa_interhand", train=Source("freihand", freihand), overfit=2, workers=0)
    with pytest.raises(ValueError, match="expected 2 samples to learn by heart, found 0"):
        single.train_dataloader()


def test_mixed_precision_trains(config):
    trainer = command.fit([*config("mixed", trainer__precision="bf16-mixed", trainer__max_epochs=1)])
    assert trainer.global_step == 4
    assert all(p.dtype == torch.float32 and p.isfinite().all() for p in trainer.lightning_module.network.parameters())


def test_bench_names_the_parts_of_a_step(config, tmp_path, monkeypatch):
    monkeypatch.setattr(timing, "WARM_UP", 1)
    arguments = config("timed", trainer__max_epochs=3)
    times = timing.measure_steps(arguments[:2], 2)
    assert list(times.parts) == ["wait", "forward", "backward", "optimiser"] and min(times.parts.values()) > 0
    assert times.total == pytest.approx(sum(times.parts.values())) and times.loader > 0
    assert f"{2 / times.total:.2f} samples/s" in times.text()
    assert not (tmp_path / "timed").exists()


def test_workers_load_what_one_process_does(config):
    """Workers start afresh, and everything they need travels to them."""
    ways = [command.parsed([*config("loaded"), "--data.workers", str(count)]).datamodule for count in (0, 1)]
    alone, helped = (list(data.train_dataloader()) for data in ways)
    assert len(alone) == len(helped) == 4
    for batch, other in zip(alone, helped, strict=True):
        assert all(torch.equal(tensor, twin) for tensor, twin in zip(batch, other, strict=True))


def test_measuring_few_samples_takes_their_own_statistics():
    """What a network says of them in evaluation is then what it said in training."""
    network = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4, momentum=0.01)).double()
    module = HandTraining(tiny.NETWORK)
    module.network, module.objective = network, lambda net, samples, setting: net(samples)
    trainer = Trainer(accelerator="cpu", logger=False, enable_checkpointing=False)
    watch, samples = overfitting.Overfitting(), torch.randn(500, 3, dtype=torch.float64)
    watch.on_fit_start(trainer, module)
    watch._samples = samples
    trained = network.train()(samples)
    watch.on_validation_start(trainer, module)
    assert not network.training
    assert torch.allclose(network(samples), trained, rtol=2e-3, atol=1e-3)


def test_mixed_precision_keeps_out_of_geometry():
    network = HandTraining(tiny.NETWORK).network
    vertices = torch.from_numpy(load_free_hand().template)[None].to(torch.bfloat16)
    with torch.autocast("cpu", torch.bfloat16):
        joints = network.joints(vertices)
    assert torch.equal(joints, network.joints(vertices.float())) and joints.dtype == torch.float32


def test_the_average_of_weights_follows_its_formula(config):
    trainer = command.fit(config("average", trainer__max_epochs=1, ema=0.5))
    average = next(callback for callback in trainer.callbacks if isinstance(callback, WeightAverage))
    own = trainer.lightning_module.network.state_dict()
    assert average.average.keys() == own.keys()
    moved = [
        name for name in own if own[name].is_floating_point() and not torch.equal(average.average[name], own[name])
    ]
    assert moved
    with pytest.raises(ValueError, match="between 0 and 1"):
        WeightAverage(1.0)


def test_weights_of_losses_replace_published_ones():
    assert objective_of("handoccnet", {"pose": 3}).pose == 3
    assert objective_of("handoccnet").pose == 10
    assert objective_of("eaa_interhand", {"edges_from": 7}).edges_from == 7
    assert np.isclose(objective_of("smhr_single").prior, 1000)
