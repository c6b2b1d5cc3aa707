"""Overlays: what is drawn, where, on pictures of any size."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from hand_recon_ros.camera import project, scaled_camera
from hand_recon_ros.render import layers
from hand_recon_ros.render.labels import hand_label
from hand_recon_ros.render.overlay import Style, draw_overlay
from hand_recon_ros.render.skeleton import draw_skeleton
from hand_recon_ros.types import Joint, ScaleSource


def grey(camera, value=128):
    return np.full((camera.height, camera.width, 3), value, np.uint8)


def test_the_overlay_is_a_copy_that_changes_only_around_the_hands(two_hands):
    picture = grey(two_hands.camera)
    drawn = draw_overlay(picture, two_hands)
    assert (picture == 128).all()
    assert drawn.shape == picture.shape and drawn.dtype == np.uint8
    assert (drawn[200:] == 128).all() and (drawn[:, 145:165] == 128).all()


def test_meshes_have_their_sides_colours(two_hands):
    bare = tuple(replace(hand, joints_2d=np.full((21, 2), np.nan, np.float32)) for hand in two_hands.hands)
    drawn = draw_overlay(grey(two_hands.camera), replace(two_hands, hands=bare), Style(opacity=1)).astype(int)
    for hand, warm in zip(two_hands.hands, (True, False), strict=True):
        x, y = project(two_hands.camera, hand.joints[Joint.MIDDLE_MCP]).round().astype(int)
        assert (drawn[y, x, 0] > drawn[y, x, 2]) == warm


MESH_ONLY = Style(opacity=1, skeleton=False, labels=False)


def test_opacity_zero_leaves_the_picture_as_it_is(two_hands):
    picture = np.random.default_rng(0).integers(0, 256, grey(two_hands.camera).shape, np.uint8)
    np.testing.assert_array_equal(draw_overlay(picture, two_hands, replace(MESH_ONLY, opacity=0)), picture)


def test_opacity_blends_between_picture_and_mesh(two_hands):
    picture = grey(two_hands.camera)
    whole, half = (draw_overlay(picture, two_hands, replace(MESH_ONLY, opacity=share)) for share in (1, 0.5))
    np.testing.assert_allclose(half, (whole.astype(float) + picture) / 2, atol=1)


@pytest.mark.parametrize("left_away", ["skeleton", "labels"])
def test_skeletons_and_labels_can_be_left_away(two_hands, left_away):
    picture = grey(two_hands.camera)
    everything, less = draw_overlay(picture, two_hands), draw_overlay(picture, two_hands, Style(**{left_away: False}))
    changed = (everything != less).any(axis=2)
    assert changed.any()
    if left_away == "labels":
        assert label_area(less) < 0.5 * label_area(everything)
    else:
        assert not changed[:30].any(), "labels are above the hands"


def stacked(two_hands, in_front):
    """Both hands around the picture's middle, one 10 cm before the other."""
    hands = []
    for number, hand in enumerate(two_hands.hands):
        distance = 0.45 if number == in_front else 0.55
        shift = np.float32([0, 0, distance]) - hand.vertices.mean(axis=0)
        moved = replace(hand, vertices=hand.vertices + shift, joints=hand.joints + shift)
        wrist = hand.wrist._replace(position=moved.joints[0])
        hands.append(replace(moved, wrist=wrist, joints_2d=project(two_hands.camera, moved.joints)))
    return replace(two_hands, hands=tuple(hands))


@pytest.mark.parametrize("in_front", [0, 1])
@pytest.mark.parametrize("style", [MESH_ONLY, Style(opacity=1, labels=False)], ids=["mesh", "with skeleton"])
def test_the_nearer_hand_hides_mesh_and_bones_of_the_farther_one(two_hands, in_front, style, monkeypatch):
    monkeypatch.setattr(layers, "creases", lambda depth, focal: np.ones_like(depth))  # they depend on what is behind
    both, picture = stacked(two_hands, in_front), grey(two_hands.camera)
    nearer = replace(both, hands=both.hands[in_front : in_front + 1])
    hidden = (draw_overlay(picture, nearer, MESH_ONLY) != picture).any(axis=2)
    hidden = cv2.erode(hidden.astype(np.uint8), np.ones((3, 3))) > 0  # outlines are blended with what is behind
    alone, together = draw_overlay(picture, nearer, style), draw_overlay(picture, both, style)
    assert hidden.sum() > 2000
    np.testing.assert_array_equal(together[hidden], alone[hidden])
    assert (together[~hidden] != alone[~hidden]).any(), "the farther hand shows beside the nearer one"


def test_nearer_fingers_cross_over_farther_ones(two_hands):
    joints_2d = np.full((21, 2), np.nan, np.float32)
    joints_2d[[Joint.INDEX_MCP, Joint.INDEX_PIP]] = (100, 120), (200, 120)
    joints_2d[[Joint.RING_MCP, Joint.RING_PIP]] = (150, 70), (150, 170)
    for nearer, finger in ((Joint.INDEX_MCP, "orange"), (Joint.RING_MCP, "blue")):
        joints = np.ones((21, 3), np.float32)
        joints[nearer : nearer + 4, 2] = 0.9
        picture = grey(two_hands.camera)
        draw_skeleton(picture, joints_2d, joints)
        red, _, blue = picture[120, 150].astype(int)
        assert ("orange" if red > blue else "blue") == finger


@pytest.mark.parametrize("background", [0, 128, 255])
def test_skeletons_show_on_any_background(two_hands, background):
    picture = grey(two_hands.camera, background)
    draw_skeleton(picture, two_hands.hands[0].joints_2d)
    x, y = two_hands.hands[0].joints_2d[Joint.INDEX_PIP].round().astype(int)
    red, green, blue = picture[y, x].astype(int)
    assert red > green > blue, "the index finger is orange"
    assert picture[y - 6 : y + 7, x - 6 : x + 7].max(axis=2).min() < 100 or background == 0, "outlined in black"


def test_joints_that_are_not_numbers_or_far_outside_are_not_drawn(two_hands):
    joints = two_hands.hands[0].joints_2d.copy()
    joints[4], joints[8] = np.nan, 1e9
    picture = grey(two_hands.camera)
    draw_skeleton(picture, joints)
    assert (picture != 128).any()
    untouched = grey(two_hands.camera)
    draw_skeleton(untouched, np.full((21, 2), np.nan, np.float32))
    assert (untouched == 128).all()


def test_labels_say_side_track_depth_and_score(two_hands):
    right, left = two_hands.hands
    assert hand_label(right) == f"right 7  {right.joints[0, 2]:.2f} m  99%"
    assert hand_label(replace(left, scale_source=ScaleSource.ASSUMED)) == f"left  ~{left.joints[0, 2]:.2f} m  99%"


def label_area(picture):
    return int((picture == 20).all(axis=2).sum())


def test_labels_of_hands_at_one_place_do_not_hide_each_other(two_hands):
    same = replace(two_hands, hands=two_hands.hands[:1] * 2)
    one = draw_overlay(grey(two_hands.camera), replace(two_hands, hands=two_hands.hands[:1]))
    both = draw_overlay(grey(two_hands.camera), same)
    # Labels are the only large dark areas; two of them cover about twice the area.
    assert label_area(both) > 1.5 * label_area(one)


@pytest.mark.parametrize("width, height", [(40, 30), (1280, 960), (2, 1)])
def test_pictures_of_any_size(two_hands, width, height):
    tiny = (width, height) == (2, 1)
    camera = replace(two_hands.camera, width=2, height=1) if tiny else scaled_camera(two_hands.camera, width, height)
    hands = tuple(replace(hand, joints_2d=project(camera, hand.joints)) for hand in two_hands.hands)
    drawn = draw_overlay(grey(camera), replace(two_hands, hands=hands, camera=camera))
    assert drawn.shape == (height, width, 3)


def test_a_picture_of_another_size_is_refused(two_hands):
    with pytest.raises(ValueError, match="320x240 pixels, got one of 8x6"):
        draw_overlay(np.zeros((6, 8, 3), np.uint8), two_hands)


def test_no_hands_no_change(two_hands):
    picture = grey(two_hands.camera)
    np.testing.assert_array_equal(draw_overlay(picture, replace(two_hands, hands=())), picture)
