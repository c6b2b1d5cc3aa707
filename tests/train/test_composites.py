"""Pictures composed of single hands: their truth, their order, and that they depend on the seed alone."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from layouts.smhr import write_smhr
from layouts.truth import scene, stand_in_models, write_picture

from hand_recon_ros.camera import project
from hand_recon_ros.types import Side
from hand_recon_train.datasets import composites as module
from hand_recon_train.datasets import open_dataset
from hand_recon_train.datasets.composites import MOST_HANDS, SIZE, MultiHandComposites, place
from hand_recon_train.datasets.mano import surface


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    scenes = [scene(seed, size=(224, 224), distance=0.45) for seed in range(1, 6)]
    root = write_smhr(tmp_path_factory.mktemp("smhr"), scenes)
    return open_dataset("smhr", root, models=stand_in_models())


@pytest.fixture(scope="module")
def composites(source):
    dataset = MultiHandComposites(source, seed=4)
    return [dataset[k] for k in range(len(dataset))]


def test_hands_of_both_sides_come_in_numbers(composites):
    hands = [hand for sample in composites for hand in sample.hands]
    assert {hand.side for hand in hands} == {Side.LEFT, Side.RIGHT}
    assert all(2 <= len(sample.hands) <= MOST_HANDS for sample in composites)
    assert all(sample.image.shape == (SIZE, SIZE, 3) for sample in composites)


def test_truth_projects_onto_the_composed_picture(composites):
    for hand in (hand for sample in composites for hand in sample.hands):
        assert project(hand.camera, hand.joints) == pytest.approx(hand.joints_2d, abs=0.1)
        inside = np.rint(project(hand.camera, hand.vertices)).astype(int)
        inside = inside[((inside >= 0) & (inside < SIZE)).all(axis=1)]
        assert hand.mask[inside[:, 1], inside[:, 0]].mean() > 0.5


def test_mirrored_parameters_pose_mirrored_hands(composites):
    mirrored = [hand for sample in composites for hand in sample.hands if hand.side == Side.LEFT]
    right = stand_in_models()[Side.RIGHT].mirrored()  # vertices numbered as the mirrored ones are
    for hand in mirrored:
        vertices, joints = surface(hand.mano, right)
        assert vertices == pytest.approx(hand.vertices, abs=1e-4)
        assert joints == pytest.approx(hand.joints, abs=1e-4)


def test_pixels_are_the_sources_own(source, monkeypatch):
    """What the masks show is the source's picture, seen through the hand's own camera."""
    monkeypatch.setattr(module, "_brightened", lambda frame, rng: frame)
    compared = 0
    for sample in MultiHandComposites(source, seed=4):
        for hand in sample.hands:
            flip = -1 if hand.side == Side.LEFT else 1
            origin = next(s for s in source if np.allclose(s.hands[0].joints, hand.joints * (flip, 1, 1)))
            picture, camera = origin.image[:, ::flip], origin.camera.matrix
            if flip < 0:
                camera[0, 2] = picture.shape[1] - 1 - camera[0, 2]
            warp = (hand.camera.matrix @ np.linalg.inv(camera))[:2]
            expected = cv2.warpAffine(np.ascontiguousarray(picture), warp, (SIZE, SIZE))
            assert np.abs(expected.astype(int) - sample.image)[hand.mask].mean() < 1
            compared += 1
    assert compared > 10


def test_masks_do_not_overlap(composites):
    for sample in composites:
        assert np.sum([hand.mask for hand in sample.hands], axis=0).max() == 1


def test_composites_depend_on_the_seed_and_the_index_alone(source):
    again, other = MultiHandComposites(source, seed=4), MultiHandComposites(source, seed=5)
    first = MultiHandComposites(source, seed=4)[2]
    assert (again[2].image == first.image).all() and again[2].source == first.source
    assert not (other[2].image == first.image).all()


def test_backgrounds_are_the_pictures_given(source, tmp_path):
    path = tmp_path / "wall.png"
    write_picture(path, np.full((300, 500, 3), (10, 200, 30), np.uint8))
    sample = MultiHandComposites(source, backgrounds=[path])[1]
    bare = ~np.any([hand.mask for hand in sample.hands], axis=0)
    hue = sample.image[bare].astype(float)
    assert (hue[:, 1] > 3 * hue[:, [0, 2]].max(axis=1)).all()


@settings(max_examples=50, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    patches=st.lists(st.tuples(st.floats(90, 250), st.floats(90, 250)), min_size=1, max_size=5),
)
def test_places_lie_in_the_frame_in_two_rows_from_right_to_left(seed, patches):
    slots = place(np.random.default_rng(seed), patches)
    placed = [slot for slot in slots if slot]
    assert len(slots) == len(patches) and placed
    for slot, (width, height) in zip(slots, patches, strict=True):
        if slot:
            assert slot.left + slot.width <= SIZE and slot.top + slot.height <= SIZE
            assert slot.width / slot.height == pytest.approx(width / height, rel=0.02)
            assert 160 <= max(slot.width, slot.height) <= 180
    bottom = slots[: slots.index(None)] if None in slots else slots  # a patch is left out where the row changes
    top = [slot for slot in slots[len(bottom) :] if slot]
    for row in (bottom, top):
        assert all(later.left < earlier.left for earlier, later in pairwise(row))
    for slot in top:
        assert slot.top + slot.height <= max(slot.height, min(below.top for below in bottom))
