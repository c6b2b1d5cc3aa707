"""The verbs for research networks."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np

CASE = Path(__file__).parents[1] / "data" / "conformance" / "youtubehand_resnet18"


def test_a_case_that_agrees_is_reported_stage_by_stage(hand_recon):
    done = hand_recon("conformance", CASE)
    assert done.code == 0
    assert "pred_vertices" in done.out and "16 of 16 outputs within their tolerance" in done.out


def test_a_case_that_differs_ends_with_an_error_code(hand_recon, tmp_path):
    changed = shutil.copytree(CASE, tmp_path / "case")
    with np.load(CASE / "expected.npz") as stored:
        arrays = dict(stored)
    arrays["pred_camera"] = arrays["pred_camera"] + 0.5
    np.savez(changed / "expected.npz", **arrays)
    done = hand_recon("conformance", changed)
    assert done.code == 1
    assert "15 of 16" in done.out


def test_a_folder_without_a_case_is_one_sentence(hand_recon, tmp_path):
    done = hand_recon("conformance", tmp_path)
    assert done.code == 1 and "case.json" in done.err


def test_what_is_no_checkpoint_is_refused_and_nothing_is_kept(hand_recon, tmp_path, monkeypatch):
    monkeypatch.setenv("HAND_RECON_MODELS", str(tmp_path / "models"))
    (tmp_path / "weights.pth").write_bytes(b"no weights")
    done = hand_recon("models", "import", "handoccnet", tmp_path / "weights.pth")
    assert done.code == 1
    assert "expected a PyTorch checkpoint" in done.err and done.err.count("\n") == 1
    assert not (tmp_path / "models").exists()
