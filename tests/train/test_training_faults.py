"""What training complains of and stops at, and what is kept then; with a very small network."""

from __future__ import annotations

import os
import resource

import pytest
import torch
from run_files import weights

pytest.importorskip("lightning")

from hand_recon_train.training import command
from hand_recon_train.training.module import HandTraining, NotFiniteError
from hand_recon_train.training.run_folder import WholeCheckpoints, run_folder


@pytest.mark.parametrize("where", ["loss", "gradient"])
def test_nan_stops_names_the_batch_and_keeps_the_last_good_checkpoint(config, tmp_path, monkeypatch, where):
    real = HandTraining.training_step

    def spoilt(self, batch, batch_idx):
        loss = real(self, batch, batch_idx)
        if self.global_step == 4:
            if where == "gradient":
                return loss + (0 * next(self.network.parameters())).sum().sqrt()  # the root's slope at 0 is infinite
            self.objective = lambda *_: {"edges": torch.tensor(torch.nan)}
            return real(self, batch, batch_idx)
        return loss

    monkeypatch.setattr(HandTraining, "training_step", spoilt)
    name = "gradient" if where == "gradient" else "edges"
    with pytest.raises(NotFiniteError, match=rf"got {name} .* epoch 1, batch 0, step 4: samples \[\d, \d\] from .*jpg"):
        command.fit(config("nan"))
    step, state, _ = weights(tmp_path / "nan")
    assert step == 3 and all(tensor.isfinite().all() for tensor in state.values())


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"model__netwrk": "x"}, r"got netwrk; did you mean \S*network\?"),
        ({"data__bach": 3}, r"got bach; did you mean \S*batch\?"),
        ({"data__augmentation": {"gian": {"low": 1, "high": 1}}}, r"got gian\S*; did you mean gain"),
        ({"trainer__max_epoch": 3}, r"got max_epoch; did you mean \S*max_epochs\?"),
        ({"traner": 3}, r"got traner; did you mean trainer"),
        ({"model__weights": {"edgse": 3}}, "got 'edgse'; did you mean edges"),
        ({"model__network": "handocnet"}, "got 'handocnet'"),
        ({"data__batch": "many"}, "many"),
    ],
)
def test_unknown_keys_are_named_with_the_nearest(config, changes, named):
    with pytest.raises(ValueError, match=named):
        command.fit(config("unknown", **changes))


def test_a_source_without_a_folder_and_too_few_samples(config):
    with pytest.raises(ValueError, match="expected the folder of rhd, got none"):
        command.fit(config("nowhere", data__train={"name": "rhd"}))
    with pytest.raises(ValueError, match=r"expected at least 16 samples.*got 8"):
        command.fit(config("few", data__batch=16))


def test_two_runs_do_not_share_a_folder(tmp_path):
    second = run_folder(tmp_path, resume=False)
    taken = pytest.raises(ValueError, match=rf"process {os.getpid()} trains in")
    with run_folder(tmp_path, resume=False), taken, second:
        pass
    with run_folder(tmp_path, resume=False) as checkpoint:
        assert checkpoint is None


def test_a_finished_run_is_not_overwritten_and_none_cannot_be_resumed(tmp_path):
    with pytest.raises(ValueError, match="leave --resume out"), run_folder(tmp_path, resume=True):
        pass
    last = tmp_path / "checkpoints" / "last.ckpt"
    last.parent.mkdir()
    last.touch()
    with pytest.raises(ValueError, match="go on with --resume"), run_folder(tmp_path, resume=False):
        pass
    with run_folder(tmp_path, resume=True) as checkpoint:
        assert checkpoint == last


def test_a_full_disk_keeps_the_old_checkpoint(tmp_path):
    file, saver = tmp_path / "last.ckpt", WholeCheckpoints()
    saver.save_checkpoint({"step": 1}, file)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    try:
        with pytest.raises(OSError, match="the one before is kept"):
            saver.save_checkpoint({"step": 2, "weights": torch.zeros(1_000_000)}, file)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert saver.load_checkpoint(file, weights_only=True) == {"step": 1}
    assert [path.name for path in tmp_path.iterdir()] == ["last.ckpt"]
