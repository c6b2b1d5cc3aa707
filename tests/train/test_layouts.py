"""Samples written in each published layout come back as the truth they were made from."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from comparison import (
    TENTH_MM,
    assert_same_camera,
    assert_same_hand,
    assert_same_parameters,
    assert_same_picture,
    assert_same_points,
)
from layouts.dexycb import SERIALS, write_dexycb, write_meta, write_yaml
from layouts.freihand import write_freihand
from layouts.freihand_tsv import write_freihand_tables
from layouts.handoccnet import write_dexycb_annotations, write_ho3d_annotations
from layouts.ho3d import write_ho3d
from layouts.interhand import write_interhand
from layouts.rhd import write_rhd
from layouts.smhr import write_smhr
from layouts.truth import scene, stand_in_models

from hand_recon_ros.types import Joint, Side
from hand_recon_train.datasets import PoseKind, open_dataset

BOTH = (Side.RIGHT, Side.LEFT)
VGA = (640, 480)
RIGHT_SCENES = (scene(1), scene(2), scene(3))


def check(sample, scene, vertices=True, frayed=0.06):
    """Picture, camera and all hands, whatever their order."""
    assert_same_picture(sample.image, scene.image)
    assert_same_camera(sample.camera, scene.camera)
    expected = {hand.side: hand for hand in scene.hands}
    assert {hand.side for hand in sample.hands} == expected.keys() and len(sample.hands) == len(expected)
    for hand in sample.hands:
        assert hand.placed
        assert_same_hand(hand, expected[hand.side], scene, vertices, frayed)


def test_freihand(tmp_path):
    dataset = open_dataset("freihand", write_freihand(tmp_path, RIGHT_SCENES), models=stand_in_models())
    assert len(dataset) == 6  # two background versions
    for index, sample in enumerate(dataset):
        truth = RIGHT_SCENES[index % 3]
        check(sample, truth)
        assert sample.source == f"training/rgb/{index:08d}.jpg"
        assert sample.hands[0].mask is not None
        assert_same_parameters(sample.hands[0].mano, truth.hands[0], stand_in_models())


def test_freihand_vertices_come_from_parameters_where_the_file_of_vertices_is_missing(tmp_path):
    root = write_freihand(tmp_path, RIGHT_SCENES)
    (root / "training_verts.json").unlink()
    check(open_dataset("freihand", root, models=stand_in_models())[1], RIGHT_SCENES[1])
    assert open_dataset("freihand", root)[1].hands[0].vertices is None


def test_freihand_evaluation_with_and_without_its_later_annotations(tmp_path):
    bare = open_dataset("freihand", write_freihand(tmp_path / "a", RIGHT_SCENES, "evaluation", 1, False), "evaluation")
    sample = bare[2]
    assert_same_camera(sample.camera, RIGHT_SCENES[2].camera)
    assert not sample.hands[0].joints_known.any() and not sample.hands[0].joints_2d_known.any()
    full = open_dataset("freihand", write_freihand(tmp_path / "b", RIGHT_SCENES, "evaluation", 1), "evaluation")
    check(full[2], RIGHT_SCENES[2])


def test_freihand_tables(tmp_path):
    root = write_freihand_tables(tmp_path, RIGHT_SCENES, lines=[2, 0])
    dataset = open_dataset("freihand-tsv", root, models=stand_in_models())
    assert len(dataset) == 2
    for sample, truth in zip(dataset, (RIGHT_SCENES[2], RIGHT_SCENES[0]), strict=True):
        assert_same_picture(sample.image, truth.image)
        found, hand = sample.hands[0], truth.hands[0]
        assert (sample.camera, found.placed, found.side) == (None, False, Side.RIGHT)
        assert_same_points(found.joints, hand.joints - hand.joints[0], TENTH_MM)
        assert_same_points(found.vertices, hand.vertices - hand.joints[0], TENTH_MM)
        assert_same_points(found.joints_2d, truth.pixels(hand), 0.1)


def test_dummies_of_the_test_table_are_not_truth(tmp_path):
    root = write_freihand_tables(tmp_path, RIGHT_SCENES, "test")
    hand = open_dataset("freihand-tsv", root, "test", stand_in_models())[0].hands[0]
    assert hand.mano is None and hand.vertices is None
    assert not hand.joints_known.any() and not hand.joints_2d_known.any()


def test_interhand(tmp_path):
    scenes = (scene(1, BOTH), scene(2, (Side.LEFT,)), scene(3), scene(4, BOTH))
    dataset = open_dataset("interhand", write_interhand(tmp_path, scenes), models=stand_in_models())
    assert len(dataset) == 4
    for sample, truth in zip(dataset, scenes, strict=True):
        check(sample, truth)
        hands = {hand.side: hand for hand in truth.hands}
        for found in sample.hands:
            assert_same_parameters(found.mano, hands[found.side], stand_in_models())


def test_interhand_joints_that_do_not_count_are_unknown(tmp_path):
    root = write_interhand(tmp_path, [scene(1, BOTH)], invalid=[0, 41])  # right thumb's tip, left wrist
    right, left = open_dataset("interhand", root)[0].hands
    assert np.flatnonzero(~right.joints_known).tolist() == [Joint.THUMB_TIP]
    assert np.flatnonzero(~left.joints_known).tolist() == [Joint.WRIST]
    assert right.mano.kind == PoseKind.WITHOUT_MEAN and right.vertices is None


def test_interhand_camera_turns_the_wrist_also_without_a_model(tmp_path):
    truth = scene(3)
    mano = open_dataset("interhand", write_interhand(tmp_path, [truth]))[0].hands[0].mano
    assert mano.pose[:3] == pytest.approx(truth.hands[0].pose[:3], abs=1e-4) and mano.translation is None


def test_ho3d(tmp_path):
    dataset = open_dataset("ho3d", write_ho3d(tmp_path, RIGHT_SCENES, unannotated=[1]), models=stand_in_models())
    for k in (0, 2):
        check(dataset[k], RIGHT_SCENES[k], frayed=0.2)  # masks have half the size
        assert_same_parameters(dataset[k].hands[0].mano, RIGHT_SCENES[k].hands[0], stand_in_models())
        assert dataset[k].hands[0].mask is not None
    assert dataset[1].hands == () and dataset[1].camera is not None


def test_ho3d_evaluation_has_the_wrist_and_a_box(tmp_path):
    sample = open_dataset("ho3d", write_ho3d(tmp_path, RIGHT_SCENES, "evaluation"), "evaluation")[1]
    assert_wrist_and_box(sample.hands[0], RIGHT_SCENES[1])


def assert_wrist_and_box(hand, truth):
    assert np.flatnonzero(hand.joints_known).tolist() == [Joint.WRIST]
    assert hand.joints[0] == pytest.approx(truth.hands[0].joints[0], abs=TENTH_MM)
    pixels = truth.pixels(truth.hands[0])
    assert hand.box[:2] == pytest.approx(pixels.min(axis=0), abs=0.1)
    assert hand.box[:2] + hand.box[2:] == pytest.approx(pixels.max(axis=0), abs=0.1)


def test_ho3d_with_handoccnets_annotations(tmp_path):
    dataset = open_dataset("ho3d-handoccnet", write_ho3d_annotations(tmp_path, RIGHT_SCENES), models=stand_in_models())
    for sample, truth in zip(dataset, RIGHT_SCENES, strict=True):
        check(sample, truth)
        assert_same_parameters(sample.hands[0].mano, truth.hands[0], stand_in_models())
    root = write_ho3d_annotations(tmp_path, RIGHT_SCENES, "evaluation")
    assert_wrist_and_box(open_dataset("ho3d-handoccnet", root, "evaluation")[1].hands[0], RIGHT_SCENES[1])


@pytest.fixture(scope="module")
def dexycb_scenes():
    """Two frames of a right hand, then one of a left hand, each through both cameras, which see the same."""
    right, left = scene(5, (Side.RIGHT,), VGA), scene(6, (Side.LEFT,), VGA)
    return [right] * 4, [left] * 2


def test_dexycb(tmp_path, dexycb_scenes):
    root = write_dexycb(tmp_path, dexycb_scenes, empty=[(1, 1)])
    dataset = open_dataset("dexycb", root, "all", stand_in_models())
    assert len(dataset) == 6
    for index, truth in enumerate((*dexycb_scenes[0], dexycb_scenes[1][0])):
        check(dataset[index], truth)
        assert_same_parameters(dataset[index].hands[0].mano, truth.hands[0], stand_in_models())
        assert (dataset[index].hands[0].mask == truth.hands[0].mask).all()
    assert [dataset[k].source.partition("140000/")[2] for k in range(4)] == [
        f"{serial}/color_{frame:06d}.jpg" for serial in SERIALS for frame in (0, 1)
    ]  # in the toolkit's order
    assert dataset[5].hands == ()


def test_dexycb_setups_divide_all_frames(tmp_path):
    serials = [f"84041206091{k}" for k in range(8)]
    for serial in serials:
        path = tmp_path / "calibration" / "intrinsics" / f"{serial}_640x480.yml"
        write_yaml(path, {"color": {"fx": 600.0, "fy": 600.0, "ppx": 320.0, "ppy": 240.0}})
    write_yaml(tmp_path / "calibration" / "mano_x_right" / "mano.yml", {"betas": [0.0] * 10})
    write_meta(tmp_path / "meta.yml", serials, 3, "x_right", "right")
    meta = (tmp_path / "meta.yml").read_bytes()
    for subject in range(10):
        for sequence in range(100):
            folder = tmp_path / f"20200709-subject-{subject + 1:02d}" / f"20200709_14{sequence:04d}"
            folder.mkdir(parents=True)
            (folder / "meta.yml").write_bytes(meta)
    expected = {
        "s0": {"train": 800 * 24, "val": 40 * 24, "test": 160 * 24},
        "s2": {"train": 1000 * 18, "val": 1000 * 3, "test": 1000 * 3},
    }
    for setup, parts in expected.items():
        found = {part: len(open_dataset("dexycb", tmp_path, f"{setup}_{part}")) for part in parts}
        assert found == parts and sum(found.values()) == 24_000


def test_dexycb_with_handoccnets_annotations(tmp_path, dexycb_scenes):
    scenes = [dexycb_scenes[0][0], dexycb_scenes[1][0]]
    root = write_dexycb_annotations(tmp_path, scenes)
    for sample, truth in zip(open_dataset("dexycb-handoccnet", root, models=stand_in_models()), scenes, strict=True):
        check(sample, truth)


def test_rhd(tmp_path):
    scenes = (scene(1, (Side.LEFT, Side.RIGHT)), scene(2, (Side.LEFT,)))
    dataset = open_dataset("rhd", write_rhd(tmp_path, scenes, hidden=[1, 21]))  # left thumb's tip, right wrist
    for sample, truth in zip(dataset, scenes, strict=True):
        check(sample, truth, vertices=False)
        for hand in sample.hands:
            assert (hand.mask == next(true.mask for true in truth.hands if true.side == hand.side)).all()
    left, right = dataset[0].hands
    assert np.flatnonzero(~left.visible).tolist() == [Joint.THUMB_TIP]
    assert np.flatnonzero(~right.visible).tolist() == [Joint.WRIST]


@pytest.mark.parametrize("split", ["FreiHAND_train", "HO3D_train"])
def test_smhr(tmp_path, split):
    scenes = (*RIGHT_SCENES, scene(4, (Side.LEFT,)))
    dataset = open_dataset("smhr", write_smhr(tmp_path, scenes, split), split, stand_in_models())
    for sample, truth in zip(dataset, scenes, strict=True):
        check(sample, truth)
        assert_same_parameters(sample.hands[0].mano, truth.hands[0], stand_in_models())
        assert sample.hands[0].box[:2] == pytest.approx(truth.pixels(truth.hands[0]).min(axis=0), abs=0.1)


def test_smhr_without_models_has_pixels_only(tmp_path):
    hand = open_dataset("smhr", write_smhr(tmp_path, RIGHT_SCENES))[0].hands[0]
    assert hand.joints_2d_known.all() and not hand.joints_known.any() and hand.mano.kind == PoseKind.WITHOUT_MEAN


@pytest.mark.parametrize(
    "name, write",
    [
        ("freihand", write_freihand),
        ("freihand-tsv", write_freihand_tables),
        ("interhand", write_interhand),
        ("ho3d", write_ho3d),
        ("ho3d-handoccnet", write_ho3d_annotations),
        ("rhd", write_rhd),
        ("smhr", write_smhr),
        ("smhr-multi", write_smhr),
    ],
)
def test_data_sets_can_be_sent_to_worker_processes_and_indexed_within_bounds(tmp_path, name, write):
    dataset = open_dataset(name, write(tmp_path, RIGHT_SCENES))
    copy = pickle.loads(pickle.dumps(dataset))  # noqa: S301 - our own
    assert (copy[1].image == dataset[1].image).all()
    for index in (-1, len(dataset)):
        with pytest.raises(IndexError):
            dataset[index]
