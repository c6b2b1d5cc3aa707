"""InterHand2.6M's pre-processing: which samples are kept, and that their truth survives the crop."""

from __future__ import annotations

import pickle

import cv2
import numpy as np
import pytest
from comparison import TENTH_MM, TENTH_PX, assert_same_points
from layouts.interhand import write_interhand
from layouts.truth import coefficients, scene, stand_in_models, write_picture

from hand_recon_ros.camera import project
from hand_recon_ros.hand_model.array_pickle import read_tree
from hand_recon_ros.types import Side
from hand_recon_train.datasets import interhand_preparing, open_dataset
from hand_recon_train.datasets.interhand import InterHand
from hand_recon_train.datasets.interhand_maps import heat_pictures, read_colours
from hand_recon_train.datasets.interhand_preparing import prepare_interhand

BOTH = (Side.RIGHT, Side.LEFT)
SCENES = (scene(1, BOTH, (160, 120)), scene(2), scene(3, BOTH, (160, 120)), scene(4, BOTH, (160, 120)))
KEPT = (SCENES[0], SCENES[3])


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """Of four samples one shows a single hand and one is cut off: two are kept."""
    raw, out = tmp_path_factory.mktemp("raw"), tmp_path_factory.mktemp("prepared")
    write_interhand(raw, SCENES)
    damaged = next((raw / "images").rglob("image112.jpg"))
    damaged.write_bytes(damaged.read_bytes()[:500])
    outcome = prepare_interhand(InterHand(raw), "train", stand_in_models(), out)
    return outcome, out


def test_pairs_are_kept_and_damaged_pictures_named(prepared):
    outcome, out = prepared
    assert outcome.kept == 2 and len(outcome.damaged) == 1 and "image112.jpg" in outcome.damaged[0]
    assert sorted(path.name for path in (out / "train" / "img").iterdir()) == ["0.jpg", "1.jpg"]
    assert len(list((out / "train" / "hms").iterdir())) == 2 * 14


def test_truth_survives(prepared):
    dataset = open_dataset("interhand-prepared", prepared[1], models=stand_in_models())
    assert len(dataset) == 2
    for sample, truth in zip(dataset, KEPT, strict=True):
        expected = {hand.side: hand for hand in truth.hands}
        assert [hand.side for hand in sample.hands] == [Side.LEFT, Side.RIGHT]
        corners = np.concatenate([hand.vertices for hand in sample.hands])
        pixels = project(sample.camera, corners)
        assert np.ptp(pixels, axis=0).max() == pytest.approx(0.8 * 256, abs=0.5)  # the hands fill the crop
        assert (pixels.min(axis=0) + pixels.max(axis=0)) / 2 == pytest.approx([128, 128], abs=0.5)
        for hand in sample.hands:
            assert_same_points(hand.vertices, expected[hand.side].vertices, TENTH_MM)
            assert_same_points(hand.joints, expected[hand.side].joints, TENTH_MM)
            assert_same_points(hand.joints_2d, project(sample.camera, expected[hand.side].joints), TENTH_PX)


def test_the_picture_is_cropped_as_the_camera_says(prepared):
    for sample, truth in zip(
        open_dataset("interhand-prepared", prepared[1], models=stand_in_models()), KEPT, strict=True
    ):
        warp = sample.camera.matrix @ np.linalg.inv(truth.camera.matrix)
        expected = cv2.warpAffine(truth.image, warp[:2], (256, 256))
        assert np.abs(sample.image.astype(int) - expected).mean() < 3


def test_masks_show_whose_pixels_they_are(prepared):
    for sample in open_dataset("interhand-prepared", prepared[1], models=stand_in_models()):
        for hand in sample.hands:
            pixels = np.rint(project(sample.camera, hand.vertices)).astype(int)
            other = next(other for other in sample.hands if other is not hand)
            here = hand.mask[pixels[:, 1], pixels[:, 0]].mean()
            assert here > 0.6 and here > other.mask[pixels[:, 1], pixels[:, 0]].mean() + 0.3


def test_annotations_hold_world_parameters_and_coefficients(prepared):
    anno = read_tree(prepared[1] / "train" / "anno" / "1.pkl")
    assert set(anno) == {"inter_idx", "image", "annotation", "mano_params", "camera"}
    assert anno["annotation"]["hand_type"] == "interacting" and anno["image"]["frame_idx"] == 118
    shapes = {"R": (1, 3, 3), "pose": (1, 45), "shape": (1, 10), "trans": (1, 3)}
    for hand in KEPT[1].hands:
        stored = anno["mano_params"][hand.side.name.lower()]
        assert {name: stored[name].shape for name in shapes} == shapes
        assert stored["pose"][0] == pytest.approx(coefficients(hand)[3:], abs=1e-4)


def test_heat_lies_at_the_joints(prepared):
    """Each file holds three joints in OpenCV's channels; a blob's centre of gravity is the joint."""
    sample = open_dataset("interhand-prepared", prepared[1], models=stand_in_models())[0]
    for hand in sample.hands:
        for number in range(7):
            name = f"0_{number}_{hand.side.name.lower()}.jpg"
            heat = cv2.imread(str(prepared[1] / "train" / "hms" / name)).astype(float)
            for channel in range(3):
                peak = np.argmax(cv2.GaussianBlur(heat[..., channel], (0, 0), 1))
                found = np.array([peak % 64, peak // 64])
                assert found == pytest.approx(hand.joints_2d[3 * number + channel] / 4, abs=1.6)


def test_joints_outside_the_crop_have_no_heat():
    joints = np.full((21, 2), 100.0, np.float32)
    joints[4], joints[8] = (-3, 100), (100, 257)
    heat = np.concatenate([picture[..., ::-1].transpose(2, 0, 1) for picture in heat_pictures(joints)])
    assert np.flatnonzero(~heat.any(axis=(1, 2))).tolist() == [4, 8]


def test_both_models_are_needed(prepared, tmp_path):
    raw = write_interhand(tmp_path, SCENES[:1])
    with pytest.raises(ValueError, match="both sides"):
        prepare_interhand(InterHand(raw), "train", {Side.RIGHT: stand_in_models()[Side.RIGHT]}, tmp_path / "out")
    with pytest.raises(ValueError, match="expected hand models"):
        open_dataset("interhand-prepared", prepared[1])


def test_colours_of_the_surface_are_the_users(tmp_path):
    colours = np.random.default_rng(0).uniform(size=(778, 3))
    (tmp_path / "v_color.pkl").write_bytes(pickle.dumps(colours))
    assert read_colours(tmp_path / "v_color.pkl") == pytest.approx(colours)
    (tmp_path / "v_color.pkl").write_bytes(pickle.dumps(colours[:5]))
    with pytest.raises(ValueError, match=r"colours of shape \(778, 3\)"):
        read_colours(tmp_path / "v_color.pkl")


def test_dark_pictures_are_left_out(tmp_path):
    raw = write_interhand(tmp_path / "raw", SCENES[:1])
    write_picture(next((raw / "images").rglob("*.jpg")), np.full((120, 160, 3), 4, np.uint8))
    assert prepare_interhand(InterHand(raw), "train", stand_in_models(), tmp_path / "out").kept == 0


def test_several_processes_write_the_same(prepared, tmp_path):
    raw = write_interhand(tmp_path / "raw", SCENES)
    damaged = next((raw / "images").rglob("image112.jpg"))
    damaged.write_bytes(damaged.read_bytes()[:500])
    outcome = prepare_interhand(InterHand(raw), "train", stand_in_models(), tmp_path / "out", workers=2)
    assert outcome.kept == 2
    for path in (prepared[1] / "train").rglob("*.jpg"):
        assert (tmp_path / "out" / path.relative_to(prepared[1])).read_bytes() == path.read_bytes()


class Killed(BaseException):
    """Ends a run where a kill would."""


def test_a_killed_run_goes_on_where_it_was(prepared, tmp_path, monkeypatch):
    """It dies while it writes its second pair, and a line of the journal is cut short."""
    raw, out = write_interhand(tmp_path / "raw", SCENES), tmp_path / "out"
    damaged = next((raw / "images").rglob("image112.jpg"))
    damaged.write_bytes(damaged.read_bytes()[:500])
    save, asked = interhand_preparing._save, []

    def dying(folder, number, pair):
        if number:
            (folder / "img" / f"{number}.jpg").write_bytes(b"half of a pictu")
            raise Killed
        save(folder, number, pair)

    monkeypatch.setattr(interhand_preparing, "_save", dying)
    with pytest.raises(Killed):
        prepare_interhand(InterHand(raw), "train", stand_in_models(), out)
    monkeypatch.undo()
    with (out / "train" / "journal.jsonl").open("ab") as journal:
        journal.write(b"tr")
    one = interhand_preparing.prepared
    monkeypatch.setattr(interhand_preparing, "prepared", lambda *job: asked.append(job[-1]) or one(*job))
    outcome = prepare_interhand(InterHand(raw), "train", stand_in_models(), out)
    assert outcome.kept == 2 and len(outcome.damaged) == 1
    assert asked == [3]
    for path in (prepared[1] / "train").rglob("*.*"):
        if path.name != "journal.jsonl":
            assert (out / path.relative_to(prepared[1])).read_bytes() == path.read_bytes()
    assert prepare_interhand(InterHand(raw), "train", stand_in_models(), out) == outcome
    assert asked == [3]


def test_a_folder_of_another_job_is_left_alone(prepared, tmp_path):
    raw = write_interhand(tmp_path / "raw", SCENES[:1])
    with pytest.raises(ValueError, match="samples 4 instead of 1; take another folder"):
        prepare_interhand(InterHand(raw), "train", stand_in_models(), prepared[1])
