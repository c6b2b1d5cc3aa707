"""Every configuration of the package trains its own network on rendered hands."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
import yaml

pytest.importorskip("lightning")

from hand_recon_ros.hand_model import load_free_hand
from hand_recon_ros.networks import mesh_network_names, untrained_network, youtubehand
from hand_recon_ros.networks.hrnet import W18, HRNetFeature
from hand_recon_train.training import command, overfitting
from hand_recon_train.training.objectives import objective_of

CONFIGS = sorted((Path(__file__).parents[2] / "configs").glob("*.yaml"))
NARROW = {
    "resnet50": youtubehand.SIZES_BY_ENCODER["resnet50"]._replace(widths=youtubehand.NARROW),
    "hrnet": youtubehand.Size(lambda: HRNetFeature(W18), 2048, youtubehand.NARROW),
}
"""Without the decoders of 400 million weights, for which a test machine may lack the memory."""


def test_each_mesh_network_has_a_configuration_of_its_name():
    assert {path.stem for path in CONFIGS} == set(mesh_network_names())
    assert all(yaml.safe_load(path.read_text())["model"]["network"] == path.stem for path in CONFIGS)


def trained(config, changes):
    """The trainer after a run of a configuration with changed keys."""
    quiet = {"trainer.accelerator": "cpu", "trainer.enable_progress_bar": False, "trainer.enable_model_summary": False}
    return command.fit(["--config", str(config), *(f"--{key}={value}" for key, value in (quiet | changes).items())])


@pytest.mark.slow
def test_the_cheapest_network_learns_two_hands_by_heart(tmp_path):
    config = next(path for path in CONFIGS if path.stem == "youtubehand_resnet18")
    trainer = trained(config, {"overfit": 2, "trainer.precision": "bf16-mixed", "out": tmp_path})
    assert float(trainer.callback_metrics[overfitting.MEASURE]) < overfitting.GOAL_MM


@pytest.mark.slow
@pytest.mark.parametrize("config", CONFIGS, ids=lambda path: path.stem)
def test_two_steps_of_each_configuration_move_the_weights(config, tmp_path, monkeypatch):
    for name, size in NARROW.items():
        monkeypatch.setitem(youtubehand.SIZES_BY_ENCODER, name, size)
    few = {"data.batch": 1, "data.workers": 0, "data.train.count": 2, "trainer.limit_val_batches": 0}
    trainer = trained(config, few | {"trainer.max_steps": 2, "out": tmp_path})
    assert trainer.global_step == 2
    assert float(trainer.callback_metrics["train/loss"]) > 0
    weights = list(trainer.lightning_module.network.parameters())
    moments = trainer.optimizers[0].state
    assert sum(weight in moments and bool(moments[weight]["exp_avg"].any()) for weight in weights) > 0.9 * len(weights)


def test_interacthand_trains_what_handoccnet_trains():
    """The same weights and losses, so that what is measured of one holds for both."""
    one, other = (untrained_network(name, load_free_hand()).state_dict() for name in ("handoccnet", "interacthand"))
    assert one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)
    assert objective_of("handoccnet") == objective_of("interacthand")
