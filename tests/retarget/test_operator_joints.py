"""Joints in the operator frame."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from linear_solver import moved_hand

from hand_recon_ros.node.outputs.posed_hand import PosedHand
from hand_recon_ros.retarget.operator_joints import (
    joints_of_poses,
    of_reference_size,
    operator_joints,
    palm_size,
    reference_joints,
)
from hand_recon_ros.types import Joint, Side


@pytest.mark.parametrize(("side", "thumb_side"), [(Side.RIGHT, 1), (Side.LEFT, -1)])
def test_the_frame_points_out_of_the_palm_and_to_the_fingertips(side: Side, thumb_side: int) -> None:
    flat = reference_joints(side)
    assert flat[Joint.WRIST].tolist() == [0, 0, 0]
    assert flat[Joint.MIDDLE_TIP, 2] > 0.15 and abs(flat[Joint.MIDDLE_TIP, :2]).max() < 0.02
    assert flat[Joint.INDEX_MCP, 1] * thumb_side > 0 > flat[Joint.PINKY_MCP, 1] * thumb_side
    assert flat[Joint.THUMB_TIP, 0] > 0.02  # a relaxed thumb stands out of the palm


@pytest.mark.parametrize("side", [Side.RIGHT, Side.LEFT])
def test_where_the_hand_is_does_not_matter(side: Side) -> None:
    hand = moved_hand((0.01, 0.02, -0.03), side)
    expected = reference_joints(side).copy()
    expected[Joint.INDEX_TIP] += (0.01, 0.02, -0.03)
    np.testing.assert_allclose(operator_joints(hand), expected, atol=1e-6)


@pytest.mark.parametrize("side", [Side.RIGHT, Side.LEFT])
def test_the_topic_with_poses_says_the_same(side: Side) -> None:
    hand = moved_hand((0.01, 0.02, -0.03), side)
    np.testing.assert_allclose(joints_of_poses(PosedHand(hand).poses), operator_joints(hand), atol=1e-5)


def test_poses_of_something_else_are_refused() -> None:
    with pytest.raises(ValueError, match="expected 21 poses, one for each joint of a hand, got 3"):
        joints_of_poses(np.zeros((3, 7)))


@settings(deadline=None)
@given(st.floats(0.5, 2.0))
def test_hands_of_all_sizes_become_one(size: float) -> None:
    flat = reference_joints(Side.RIGHT)
    np.testing.assert_allclose(of_reference_size(flat * size, Side.RIGHT), flat, atol=1e-9)
    assert palm_size(flat * size) == pytest.approx(size * palm_size(flat))
