"""The overlay for live pictures."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hand_recon_ros.camera import project
from hand_recon_ros.hand_model import load_free_hand
from hand_recon_ros.render.overlay import draw_overlay
from hand_recon_ros.render.quick_overlay import draw_quick_overlay
from hand_recon_ros.types import CameraModel, Hand, HandFrame, Pose, Roi, ScaleSource, Side

CAMERA = CameraModel(200, 200, 79.5, 59.5, 160, 120)
PICTURE = np.full((120, 160, 3), 90, np.uint8)


def flat_hand(distance: float = 0.4, side: Side = Side.RIGHT, right: float = 0.0) -> Hand:
    """A flat hand with its back to the camera."""
    model = load_free_hand(side)
    turn = np.array([[0, 0, 1], [1, 0, 0], [0, 1, 0]], np.float32)
    place = (model.template - model.template.mean(axis=0)) @ turn.T + np.float32([right, 0, distance])
    joints = np.repeat(place[model.faces[0, :1]], 21, axis=0) + np.arange(21, dtype=np.float32)[:, None] * 1e-3
    pixels = project(CAMERA, joints)
    wrist = Pose(np.eye(3, dtype=np.float32), joints[0])
    scores = np.ones(21, np.float32)
    roi = Roi(40, 20, 60, 80)
    return Hand(side, 1, 1, 1, ScaleSource.METRIC, joints, pixels, scores, place, model.faces, wrist, roi)


def frame(*hands: Hand) -> HandFrame:
    return HandFrame(hands, CAMERA)


def covered(picture: np.ndarray) -> np.ndarray:
    return (picture != PICTURE).any(axis=-1)


def test_it_covers_what_the_careful_overlay_covers() -> None:
    quick = covered(draw_quick_overlay(PICTURE, frame(flat_hand())))
    careful = covered(draw_overlay(PICTURE, frame(flat_hand())))
    assert careful.sum() > 1000
    assert (quick & careful).sum() / (quick | careful).sum() > 0.9


def test_the_picture_itself_stays_as_it_is() -> None:
    before = PICTURE.copy()
    draw_quick_overlay(PICTURE, frame(flat_hand()))
    np.testing.assert_array_equal(PICTURE, before)
    np.testing.assert_array_equal(draw_quick_overlay(PICTURE, frame()), before)


@pytest.mark.parametrize("order", [1, -1])
def test_the_nearer_hand_covers_the_farther_one(order: int) -> None:
    near, far = flat_hand(0.35, Side.LEFT), flat_hand(0.6, Side.RIGHT)
    red, _, blue = draw_quick_overlay(PICTURE, frame(*(near, far)[::order]))[65, 75].astype(int)
    assert blue > red, "left hands are blue, right ones orange"


@pytest.mark.parametrize("place", [(0.0, -0.4), (0.0, 0.0), (0.0, 0.02), (5.0, 0.4), (np.nan, 0.4), (0.0, np.inf)])
def test_hands_that_cannot_be_seen_do_no_harm(place: tuple[float, float]) -> None:
    right, distance = place
    hand = flat_hand()
    moved = replace(hand, vertices=hand.vertices + np.float32([right, 0, distance - 0.4]))
    picture = draw_quick_overlay(PICTURE, frame(moved))
    assert picture.shape == PICTURE.shape


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e30])
@pytest.mark.parametrize("field", ["joints_2d", "joints", "vertices"])
def test_numbers_that_are_none_do_no_harm(field: str, value: float) -> None:
    values = getattr(flat_hand(), field).copy()
    values[3] = value
    assert covered(draw_quick_overlay(PICTURE, frame(replace(flat_hand(), **{field: values})))).any()


def test_a_picture_of_another_size_than_the_camera_is_drawn_as_far_as_it_goes() -> None:
    assert draw_quick_overlay(PICTURE[:50, :60], frame(flat_hand())).shape == (50, 60, 3)
