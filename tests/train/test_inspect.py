"""`hand-recon-train inspect` and `prepare`: sheets, findings, complaints and exit codes."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from typing import NamedTuple

import cv2
import numpy as np
import pytest
from layouts.freihand import write_freihand
from layouts.freihand_tsv import write_freihand_tables
from layouts.ho3d import write_ho3d
from layouts.interhand import write_interhand
from layouts.mano import write_mano
from layouts.truth import scene, stand_in_models

from hand_recon_ros.render.palette import SIDE_COLOURS, to_bytes
from hand_recon_ros.types import Side
from hand_recon_train import cli
from hand_recon_train.datasets import open_dataset
from hand_recon_train.datasets.inspection import doubts
from hand_recon_train.datasets.sheet import draw_sample

SCENES = (scene(1), scene(2), scene(3))


class Outcome(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture
def hand_recon_train(monkeypatch, capfd):
    """A function that runs `hand-recon-train` with arguments."""
    monkeypatch.setenv("COLUMNS", "100")
    capfd.readouterr()

    def run(*arguments) -> Outcome:
        monkeypatch.setattr("sys.argv", ["hand-recon-train", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        out, err = capfd.readouterr()
        complaints = [line for line in err.splitlines() if line.startswith("hand-recon-train:")]
        return Outcome(ended.value.code or 0, out.strip(), "\n".join(complaints))

    return run


@pytest.fixture(scope="module")
def mano(tmp_path_factory):
    return write_mano(tmp_path_factory.mktemp("mano"))


def test_samples_are_counted_and_drawn(hand_recon_train, tmp_path, mano):
    root = write_interhand(tmp_path, [scene(1, (Side.RIGHT, Side.LEFT)), scene(2), scene(3)])
    sheet = tmp_path / "sheet.png"
    done = hand_recon_train("inspect", "interhand", root, "--count", "3", "--out", sheet, "--mano", mano)
    assert (done.code, done.err) == (0, "")
    assert done.out == (
        "3 samples; read 3 samples, 4 hands, 1 left, 3 right, 4 3D joints, 4 2D joints, 4 meshes, 4 parameters; "
        "0 damaged, 0 doubtful"
    )
    assert cv2.imread(str(sheet)).shape[1] > 3 * 320


def test_damaged_and_missing_pictures_are_named(hand_recon_train, tmp_path):
    root = write_freihand(tmp_path, SCENES, versions=1)
    (root / "training/rgb/00000001.jpg").write_bytes(b"no picture")
    (root / "training/rgb/00000002.jpg").unlink()
    done = hand_recon_train("inspect", "freihand", root)
    assert done.code == 1 and "2 damaged, 0 doubtful" in done.out
    assert "rgb/00000001.jpg is damaged" in done.err and "rgb/00000002.jpg" in done.err


def test_the_layout_is_complained_about_in_one_sentence(hand_recon_train, tmp_path):
    root = write_freihand(tmp_path, SCENES)
    (root / "training_K.json").unlink()
    done = hand_recon_train("inspect", "freihand", root)
    assert done.code == 1 and done.out == ""
    assert done.err.startswith(f"hand-recon-train: expected {root}/training_K.json, which FreiHAND has")


def test_samples_that_cannot_be_hands_are_doubted(hand_recon_train, tmp_path):
    root = write_freihand(tmp_path, SCENES, versions=1)
    content = json.loads((root / "training_xyz.json").read_text())
    in_millimetres = (1000 * np.array(content)).tolist()
    (root / "training_xyz.json").write_text(json.dumps(in_millimetres))
    done = hand_recon_train("inspect", "freihand", root)
    assert done.code == 1 and "training/rgb/00000000.jpg: expected 0.05 to 0.14 m from wrist" in done.err


def changed(sample, **changes):
    return replace(sample, hands=(replace(sample.hands[0], **changes),))


def test_every_kind_of_doubt(tmp_path):
    sample = open_dataset("ho3d", write_ho3d(tmp_path, SCENES), models=stand_in_models())[0]
    assert doubts(sample) == []
    hand = sample.hands[0]
    spoilt = {
        "another unit": changed(sample, joints=hand.joints * 10),
        "wrong axes": changed(sample, joints=hand.joints * (1, -1, -1)),
        "outside": changed(sample, vertices=hand.vertices + (0.2, 0, 0)),
        "wrong intrinsics": replace(sample, camera=replace(sample.camera, fx=2 * sample.camera.fx)),
    }
    for reason, spoilt_sample in spoilt.items():
        found = doubts(spoilt_sample)
        assert found and any(reason in doubt for doubt in found), reason
        assert all(doubt.startswith("train/ABF10/rgb/0000.png: ") for doubt in found)


def colour_share(picture, colour):
    return (np.abs(picture.astype(int) - colour).max(axis=2) < 12).mean()


@pytest.mark.parametrize("side", [Side.LEFT, Side.RIGHT])
def test_outlines_have_the_sides_colour_and_skeletons_lie_on_joints(tmp_path, side):
    truth = scene(7, (side,))
    sample = open_dataset("interhand", write_interhand(tmp_path, [truth]), models=stand_in_models())[0]
    picture = draw_sample(sample, stand_in_models())
    other = Side.LEFT if side == Side.RIGHT else Side.RIGHT
    own = colour_share(picture, to_bytes(SIDE_COLOURS[side]))
    assert own > 0.005 and own > 3 * colour_share(picture, to_bytes(SIDE_COLOURS[other]))
    wrist = (truth.pixels(truth.hands[0])[0] + 0.5) * 320 / 112 - 0.5
    column, row = np.rint(wrist).astype(int)
    assert (picture[row, column] > 200).all()  # a white dot


def test_meshes_without_faces_and_cameras_are_drawn_as_far_as_they_are_known(tmp_path):
    truth = SCENES[0]
    dots = draw_sample(open_dataset("freihand", write_freihand(tmp_path / "a", [truth]))[0])
    assert colour_share(dots, to_bytes(SIDE_COLOURS[Side.RIGHT])) > 0.015
    tables = write_freihand_tables(tmp_path / "b", [truth])
    bare = draw_sample(open_dataset("freihand-tsv", tables, models=stand_in_models())[0], stand_in_models())
    assert bare.shape[1] == 320


def test_prepare_then_inspect(hand_recon_train, tmp_path, mano):
    raw = write_interhand(tmp_path / "raw", [scene(k, (Side.RIGHT, Side.LEFT)) for k in (1, 4)])
    damaged = next((raw / "images").rglob("image106.jpg"))
    damaged.write_bytes(damaged.read_bytes()[:900])
    done = hand_recon_train("prepare", raw, "--out", tmp_path / "crops", "--mano", mano)
    assert done.code == 1 and "image106.jpg is damaged" in done.err
    assert done.out == f"1 pairs of hands in {tmp_path / 'crops' / 'train'}, 1 damaged pictures skipped"
    done = hand_recon_train("inspect", "interhand-prepared", tmp_path / "crops", "--mano", mano)
    assert done.code == 0 and "2 hands, 1 left, 1 right, 2 3D joints" in done.out


def test_prepare_asks_for_mano(hand_recon_train, tmp_path):
    done = hand_recon_train("prepare", tmp_path, "--out", tmp_path / "crops")
    assert done.code == 2


@pytest.mark.parametrize("verb", [verb.__name__ for verb in cli.VERBS])
def test_every_verb_has_help(hand_recon_train, verb):
    done = hand_recon_train(verb, "--help")
    assert done.code == 0 and f"hand-recon-train {verb}" in done.out


def test_the_module_runs_and_loads_nothing_heavy():
    check = (
        "import sys, runpy; sys.argv = ['x', '--help']\n"
        "try: runpy.run_module('hand_recon_train', run_name='__main__')\n"
        "except SystemExit: pass\n"
        "print(sorted({'torch', 'cv2', 'lightning'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert "inspect" in done.stdout and done.stdout.splitlines()[-1] == "[]"


def test_reading_data_sets_needs_no_torch():
    check = "import sys, hand_recon_train.datasets; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0
