"""Evaluation: figures of known errors, what benchmarks print and take, comparison, export, and the verbs."""

from __future__ import annotations

import json
import math
import re
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tiny
import torch
import yaml
from layouts.freihand import write_freihand
from layouts.truth import scene, stand_in_models
from test_preparing import sample

pytest.importorskip("torchmetrics")
pytest.importorskip("matplotlib")

from hand_recon_ros.networks import create_network, untrained_network
from hand_recon_ros.networks.conformance import read_case
from hand_recon_ros.networks.imports import MODELS_VARIABLE
from hand_recon_ros.types import Side
from hand_recon_train import cli
from hand_recon_train.evaluation.charts import TILE, sheet, tile
from hand_recon_train.evaluation.finding import FoundHand, NetworkFinder, assigned, found_hands
from hand_recon_train.evaluation.scores import Scorer, compared, load_scores, published_text
from hand_recon_train.evaluation.submissions import Submission, ho3d_entry
from hand_recon_train.exporting import export_checkpoint

CASES = Path(__file__).parents[1] / "data" / "conformance"
BOTH = (Side.LEFT, Side.RIGHT)


def as_found(truth, factor=1.0, shift=0.0, placed=False):
    joints = factor * truth.joints + shift
    return FoundHand(truth.side, joints, factor * truth.vertices + shift, truth.joints_2d, placed)


def scored(samples, found, dataset="freihand"):
    scorer = Scorer()
    for number, (one, hands) in enumerate(zip(samples, found, strict=True)):
        scorer.add(number, one, hands)
    return scorer.scores("model", dataset)


def test_perfect_hands_have_no_errors_wherever_they_are():
    given = sample(3, BOTH)
    scores = scored([given], [[as_found(truth, shift=1) for truth in given.hands]])
    f = scores.figures
    assert scores.hands == scores.found == 2 and f["recall"] == 1
    zero = [name for name in f if name.endswith("_mm") and name != "mpjpe_camera_mm"]
    assert all(f[name] == pytest.approx(0, abs=1e-3) for name in zero) and len(zero) >= 10
    assert f["pa_auc"] > 0.99 and f["f_5"] == f["pck_2d"] == 1
    assert math.isnan(f["mpjpe_camera_mm"])


def test_a_hand_of_twice_the_size_is_wrong_until_it_is_scaled():
    given = sample(0)
    truth = given.hands[0]
    f = scored([given], [[as_found(truth, 2.0, placed=True)]]).figures
    rooted = truth.joints - truth.joints[0]
    assert f["mpjpe_root_mm"] == pytest.approx(1e3 * np.linalg.norm(rooted, axis=1).mean(), rel=1e-4)
    assert f["mpjpe_root_scale_mm"] == pytest.approx(0, abs=1e-3) == pytest.approx(f["pa_mpjpe_mm"], abs=1e-3)
    assert f["mpvpe_root_scale_mm"] == pytest.approx(0, abs=1e-3)
    assert f["mpjpe_camera_mm"] == pytest.approx(1e3 * np.linalg.norm(truth.joints, axis=1).mean(), rel=1e-4)


def test_missed_hands_lower_the_recall_only():
    given = sample(3, BOTH)
    scores = scored([given], [[as_found(given.hands[0]), None]])
    assert scores.figures["recall"] == 0.5 and (scores.hands, scores.found) == (2, 1)
    assert math.isnan(scores.figures["mrrpe_mm"])


def test_hands_are_assigned_by_side_and_nearness():
    truths = sample(3, BOTH).hands
    left, right = (as_found(truth) for truth in truths)
    assert assigned([right, left], truths) == [left, right]
    assert assigned([replace(left, side=Side.RIGHT)], truths[:1]) == [None]
    assert assigned([replace(left, pixels=left.pixels + 500)], truths[:1]) == [None]
    assert assigned([], truths) == [None, None] and assigned([left], ()) == []


def test_a_network_is_measured_as_it_sees_left_hands_mirrored(monkeypatch):
    """The same picture mirrored gives the mirrored hand."""
    tiny.install(monkeypatch.setitem)
    finder = NetworkFinder("youtubehand_resnet18", stand_in_models()[Side.RIGHT], None, random_weights=True)
    given = sample(0)
    truth, width = given.hands[0], given.image.shape[1]
    mirrored = replace(
        truth,
        side=Side.LEFT,
        joints=truth.joints * np.float32([-1, 1, 1]),
        joints_2d=(truth.joints_2d * [-1, 1] + [width - 1, 0]).astype(np.float32),
    )
    other = replace(given, image=np.ascontiguousarray(given.image[:, ::-1]), hands=(mirrored,))
    ((_, _, (one,)), (_, _, (two,))) = found_hands(finder, [given, other])
    assert (one.side, two.side) == (Side.RIGHT, Side.LEFT)
    assert np.allclose(one.joints * [-1, 1, 1], two.joints, atol=1e-5)
    assert np.allclose(one.pixels * [-1, 1] + [width - 1, 0], two.pixels, atol=1e-2)


def test_texts_of_the_benchmarks():
    given = sample(3, BOTH)
    scores = scored([given], [[as_found(truth) for truth in given.hands]])
    lines = published_text(scores).splitlines()
    assert lines[0] == "Evaluation 3D KP ALIGNED results:" and re.fullmatch(
        r"auc=(1\.000|0\.99\d), mean_kp3d_avg=0\.00 cm", lines[1]
    )
    interhand = published_text(replace(scores, dataset="interhand"))
    assert interhand.splitlines()[0] == "joint mean error:" and interhand.count("all:") == 2
    dexycb = replace(scores, dataset="dexycb", figures=scores.figures | {"mpjpe_root_mm": 12.344, "pa_mpjpe_mm": 5.0})
    assert published_text(dexycb) == "MPJPE : 12.34 mm\nPA MPJPE : 5.00 mm\n"
    assert published_text(replace(scores, dataset="rhd")) == ""


def test_ho3ds_entry_is_the_published_one():
    answers = read_case(CASES / "handoccnet").expected()
    joints = answers["aux_pa_pred"].astype(np.float32)
    hand = FoundHand(Side.RIGHT, joints, np.zeros((778, 3), np.float32), np.zeros((21, 2), np.float32), False)
    entry, vertices = ho3d_entry(hand, answers["aux_ho3d_root"].astype(np.float32))
    assert np.allclose(entry, answers["aux_ho3d_joints"], atol=1e-5)
    assert np.allclose(vertices, (answers["aux_ho3d_root"] - joints[0]) * [1, -1, -1], atol=1e-6)


def test_submissions_hold_every_picture_in_order(tmp_path):
    given = [sample(0), sample(1)]
    submission = Submission("ho3d")
    for number, one in enumerate(given):
        submission.add(number, one, [as_found(one.hands[0])])
    submission.save(tmp_path / "pred.zip")
    with zipfile.ZipFile(tmp_path / "pred.zip") as archive:
        assert archive.namelist() == ["pred.json"]
        joints, vertices = json.loads(archive.read("pred.json"))
    assert np.shape(joints) == (2, 21, 3) and np.shape(vertices) == (2, 778, 3)
    assert np.allclose(joints[1][0], given[1].hands[0].joints[0] * [1, -1, -1], atol=1e-6)
    with pytest.raises(ValueError, match="got none for sample 3"):
        submission.add(3, given[0], [None])
    with pytest.raises(ValueError, match="expected freihand or ho3d for a submission, got rhd"):
        Submission("rhd")


def test_figures_are_kept_and_compared(tmp_path):
    given = sample(0)
    truth = given.hands[0]
    one, two = (scored([given], [[as_found(truth, factor)]]) for factor in (1.0, 1.1))
    one.save(tmp_path / "a.json")
    kept = load_scores(tmp_path / "a.json")
    assert str(kept) == str(one)
    rows = {name: difference for name, _, _, difference in compared(kept, two)}
    assert rows["mpjpe_root_mm"] > 5 and rows["pa_mpjpe_mm"] == pytest.approx(0, abs=1e-3)
    assert "mrrpe_mm" not in rows
    (tmp_path / "b.json").write_text("[1]")
    with pytest.raises(ValueError, match="expected figures that `evaluate` wrote"):
        load_scores(tmp_path / "b.json")


def test_the_sheet_shows_true_and_found_bones():
    given = sample(3, BOTH)
    drawn = tile(given, [as_found(given.hands[0]), None])
    assert drawn.shape == (TILE, TILE, 3)
    assert (drawn == [255, 96, 32]).all(-1).any() and (drawn == 255).all(-1).any()
    assert sheet([drawn] * 11).shape == (2 * TILE, 10 * TILE, 3)


@pytest.fixture
def hand_recon_train(monkeypatch, capfd):
    def run(*arguments):
        monkeypatch.setattr("sys.argv", ["hand-recon-train", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            cli.main()
        streams = capfd.readouterr()
        return end.value.code, streams.out, streams.err

    return run


def test_the_verb_measures_a_network_and_compares(hand_recon_train, tmp_path, monkeypatch):
    tiny.install(monkeypatch.setitem)
    root = write_freihand(tmp_path / "data", [scene(0), scene(1)])
    arguments = ("evaluate", "youtubehand_resnet18", "freihand", root, "--random-weights", "--count", 2)
    code, out, err = hand_recon_train(*arguments, "--out", tmp_path / "one", "--submit", tmp_path / "pred.json")
    assert code == 1 and "expected a hand in every picture in order, got none for sample 2 (training/" in err
    code, out, err = hand_recon_train(*arguments, "--out", tmp_path / "one")
    assert code == 0, err
    assert "pa_mpjpe_mm" in out and "Evaluation 3D KP ALIGNED results:" in out and "2 of 2 hands; 0 damaged" in out
    files = {path.name for path in (tmp_path / "one").iterdir()}
    assert files == {"scores.json", "joints.png", "histogram.png", "worst.png"}
    scores = tmp_path / "one" / "scores.json"
    code, out, _ = hand_recon_train("compare", scores, scores)
    assert code == 0 and "+0.0000" in out


def write_checkpoint(path, average=False):
    network = untrained_network(tiny.NETWORK, stand_in_models()[Side.RIGHT]).state_dict()
    moved = {name: tensor + 1 if tensor.is_floating_point() else tensor for name, tensor in network.items()}
    content = {
        "state_dict": {f"network.{name}": tensor for name, tensor in network.items()},
        "callbacks": {"WeightAverage": {"average": moved, "step": 3}} if average else {},
        "hand_recon": {"network": tiny.NETWORK, "mano": "", "data": "rendered", "measured": {"val/pa_mpjpe_mm": 7.0}},
    }
    torch.save(content, path)
    return moved if average else network


@pytest.mark.parametrize("average", [False, True])
def test_exported_weights_are_loaded_by_name_with_a_card(tmp_path, monkeypatch, average):
    tiny.install(monkeypatch.setitem)
    wanted = write_checkpoint(tmp_path / "last.ckpt", average)
    path = export_checkpoint(tmp_path / "last.ckpt", tmp_path / "models" / "my_hands")
    card = yaml.safe_load(path.with_suffix(".yaml").read_text())
    assert card["name"] == tiny.NETWORK and card["measured"] == {"val/pa_mpjpe_mm": 7.0}
    assert card["origin"]["data"] == "rendered" and "commit" in card["how_made"]
    monkeypatch.setenv(MODELS_VARIABLE, str(path.parent))
    loaded = create_network("my_hands", stand_in_models()[Side.RIGHT]).state_dict()
    assert all(torch.equal(loaded[name], wanted[name]) for name in wanted)


def test_what_cannot_be_exported_is_refused(tmp_path):
    (tmp_path / "bad.ckpt").write_bytes(b"nothing")
    with pytest.raises(ValueError, match=r"expected a checkpoint of `fit` in .*bad\.ckpt"):
        export_checkpoint(tmp_path / "bad.ckpt", tmp_path / "a")
    torch.save({"state_dict": {}}, tmp_path / "other.ckpt")
    with pytest.raises(ValueError, match="got another file"):
        export_checkpoint(tmp_path / "other.ckpt", tmp_path / "a")
    torch.save({"state_dict": {}, "callbacks": {}, "hand_recon": {"network": "handoccnet"}}, tmp_path / "ok.ckpt")
    for name in ("smhr_multi", "My Hands"):
        with pytest.raises(ValueError, match="expected a name of small letters"):
            export_checkpoint(tmp_path / "ok.ckpt", tmp_path / name)
