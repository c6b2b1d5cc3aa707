"""Capsules, gestures, pairs and held objects: what hands can do."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hand_recon_ros.types import Side
from hand_recon_train.synthetic.capsules import Capsules, clearance, clearances, openness
from hand_recon_train.synthetic.gestures import BROAD, GESTURES, KINDS, coupled, draw_gesture
from hand_recon_train.synthetic.holding import YIELDS, draw_held
from hand_recon_train.synthetic.pairs import DEEPEST, any_turn, draw_partner
from hand_recon_train.synthetic.posing import ALLOWED, draw_hand, finger_overlap, pose_rig, posed_capsules
from hand_recon_train.synthetic.rig import free_hand_rig

RIGHT, LEFT = free_hand_rig(Side.RIGHT), free_hand_rig(Side.LEFT)
SHAPE = np.zeros(10, np.float32)
coordinates = st.floats(-1, 1, width=32)
points = st.tuples(coordinates, coordinates, coordinates)


@given(points, points, points, points)
@settings(max_examples=60, deadline=None)
def test_clearance_of_two_capsules(p, q, r, s):
    """Against a dense search over both segments."""
    first, second = (Capsules(*(np.array([x], float) for x in ends), np.zeros(1)) for ends in ((p, q), (r, s)))
    share = np.linspace(0, 1, 101)[:, None]
    one = np.array(p) + share * (np.array(q) - p)
    other = np.array(r) + share * (np.array(s) - r)
    searched = np.linalg.norm(one[:, None] - other, axis=2).min()
    found = clearance(first, second)
    assert found <= searched + 1e-6
    assert found >= searched - 0.04  # half a step of both segments
    assert found == pytest.approx(clearance(second, first), abs=1e-6)


def test_radii_count():
    ends = np.zeros((1, 3)), np.array([[1.0, 0, 0]])
    capsule = Capsules(*ends, np.array([0.2]))
    assert clearances(np.array([[0.5, 1.0, 0], [2.0, 0, 0], [0.5, 0.1, 0]]), capsule) == pytest.approx([0.8, 0.8, -0.1])


def test_openness_is_lost_only_towards_a_capsule():
    capsule = Capsules(np.array([[-1.0, 0, 0]]), np.array([[1.0, 0, 0]]), np.array([0.1]))
    near, far = openness(np.array([[0, 0.12, 0], [0, 3, 0]]), np.array([[0, -1.0, 0], [0, -1, 0]]), capsule)
    assert near < 0.6 and far == 1
    assert openness(np.array([[0, 0.12, 0]]), np.array([[0, 1.0, 0]]), capsule) == 1


@pytest.mark.parametrize("name", GESTURES)
def test_named_gestures_are_possible(name):
    angles = GESTURES[name]
    assert finger_overlap(RIGHT, angles.clip(RIGHT.anatomy.lower, RIGHT.anatomy.upper), SHAPE) <= ALLOWED + 1e-4


def test_drawn_gestures_keep_to_limits():
    rng = np.random.default_rng(0)
    for kind in (*KINDS, BROAD):
        for _ in range(30):
            named, angles = draw_gesture(rng, RIGHT.anatomy.lower, RIGHT.anatomy.upper, kind)
            assert named == kind
            assert (angles >= RIGHT.anatomy.lower).all() and (angles <= RIGHT.anatomy.upper).all()


def test_end_joints_follow_middle_ones_and_bent_knuckles_do_not_spread():
    angles = np.zeros((5, 3, 3))
    angles[:4, 0, :2] = np.radians([90, 10])
    angles[:4, 1, 0] = np.radians(100)
    out = coupled(angles.reshape(15, 3)).reshape(5, 3, 3)
    assert (out[:4, 2, 0] > np.radians(25)).all()
    assert np.allclose(out[:4, 0, 1], np.radians(2))


def test_kinematics_agree_with_skinning():
    rng = np.random.default_rng(1)
    for rig in (RIGHT, LEFT):
        hand = draw_hand(rng, rig)
        _, angles = draw_gesture(rng, rig.anatomy.lower, rig.anatomy.upper)
        joints, _ = posed_capsules(rig, angles, hand.betas)
        skinned = pose_rig(rig, angles, hand.betas).joints
        inner = [k for k in range(21) if k == 0 or k % 4]
        assert np.abs((joints - joints[0]) - (skinned - skinned[0]))[inner].max() < 1e-6
        assert np.abs((joints - joints[0]) - (skinned - skinned[0])).max() < 2e-3  # tips bend with their skin


def test_equal_angles_mirror():
    right, left = (pose_rig(rig, GESTURES["pinch"], SHAPE).joints for rig in (RIGHT, LEFT))
    assert np.abs(right * (-1, 1, 1) - left).max() < 1e-6


def test_drawn_hands_hardly_overlap():
    rng = np.random.default_rng(2)
    overlaps = np.array([draw_hand(rng, RIGHT).overlap for _ in range(300)])
    assert (overlaps > ALLOWED).mean() < 0.05


def test_turns_are_rotations():
    turn = any_turn(np.random.default_rng(3))
    assert np.allclose(turn @ turn.T, np.eye(3)) and np.linalg.det(turn) == pytest.approx(1)


def test_pairs_touch_without_running_through_each_other():
    rng, gaps = np.random.default_rng(4), {}
    for _ in range(60):
        hand = draw_hand(rng, RIGHT)
        relation, first, second = draw_partner(rng, hand, LEFT, hand.betas)
        gaps.setdefault(relation, []).append(clearance(first.capsules, second.capsules))
    assert min(gap for values in gaps.values() for gap in values) > -DEEPEST - 1e-6
    assert np.median(gaps["touching"]) < 0.002
    assert max(gaps["interlocked"]) < 0.004


def test_interlocked_hands_have_their_fingers_between_one_another():
    rng, crossings = np.random.default_rng(5), []
    while len(crossings) < 12:
        hand = draw_hand(rng, RIGHT)
        relation, first, second = draw_partner(rng, hand, LEFT, hand.betas)
        if relation == "interlocked":
            fingers = np.concatenate([first.joints[[6, 10, 14, 18]], second.joints[[6, 10, 14, 18]]])
            owners = np.argsort(fingers @ RIGHT.across) // 4
            crossings.append((np.diff(owners) != 0).sum())
    assert np.median(crossings) >= 4  # of at most 7 changes from one hand's fingers to the other's


def test_held_objects_fit_into_the_hand():
    rng, held = np.random.default_rng(6), 0
    for _ in range(40):
        hand = draw_hand(rng, RIGHT, "grasp")
        for surface in draw_held(rng, hand)[:1]:
            room = clearances(surface.vertices, hand.capsules)
            held += 1
            assert room.min() < 0.03  # it is in reach
            assert np.percentile(room, 2) > -0.012 - YIELDS
    assert held > 25
