"""What every command keeps to, whatever the hand does."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from linear_solver import LinearSolver, moved_hand

from hand_recon_ros.retarget import JointCommand, Retargeter
from hand_recon_ros.retarget.motion import MotionLimits, limited_step
from hand_recon_ros.retarget.retargeter import MAX_SLIDE
from hand_recon_ros.types import Side

Step = tuple[int, tuple[float, float, float] | None]

MS = 10**6
STALE_S = 0.5
offsets = st.tuples(*[st.floats(-0.05, 0.05)] * 3)
steps = st.lists(st.tuples(st.integers(-100, 900), st.none() | offsets), max_size=30)
"""Milliseconds until the next call, and where the hand is then, if it is seen."""


def follow(retargeter: Retargeter, motion: list[Step]) -> list[tuple[int, JointCommand | None]]:
    """Times and commands."""
    now, said = 10**12, []
    for wait, offset in motion:
        now += wait * MS
        said.append((now, retargeter(None if offset is None else moved_hand(offset), now)))
    return said


@settings(deadline=None, max_examples=50)
@given(steps)
def test_every_command_is_within_the_limits(motion: list[Step]) -> None:
    limits = LinearSolver.limits
    for _, command in follow(Retargeter(LinearSolver(), Side.RIGHT), motion):
        if command:
            assert (limits[:, 0] <= command.positions).all() and (command.positions <= limits[:, 1]).all()


@settings(deadline=None, max_examples=50)
@given(steps, st.floats(0.1, 10))
def test_no_joint_is_faster_than_it_may(motion: list[Step], max_speed: float) -> None:
    speed = np.array([max_speed, min(max_speed, 1.0), MAX_SLIDE])
    before, at = LinearSolver.flat, None
    for now, command in follow(Retargeter(LinearSolver(), Side.RIGHT, max_speed), motion):
        if command:
            # Time that nobody asked in, or that ran backwards, does not count.
            seconds = 0.0 if at is None or not 0 <= now - at <= STALE_S * 1e9 else (now - at) / 1e9
            assert (np.abs(command.positions - before) <= speed * seconds + 1e-9).all()
            before = command.positions
        at = now


@settings(deadline=None, max_examples=50)
@given(steps)
def test_commands_come_exactly_while_the_hand_is_fresh(motion: list[Step]) -> None:
    seen = None
    for (now, command), (_, offset) in zip(follow(Retargeter(LinearSolver(), Side.RIGHT), motion), motion, strict=True):
        seen = now if offset is not None else seen
        fresh = seen is not None and 0 <= now - seen <= STALE_S * 1e9
        assert (command is not None) == fresh
        if command and seen is not None:
            assert command.stamp_ns == now and command.held_s == pytest.approx((now - seen) / 1e9)


@settings(deadline=None, max_examples=50)
@given(offsets, st.integers(1, 20))
def test_a_lost_hand_keeps_the_robot_where_it_was_asked_to_be(offset: tuple[float, float, float], held: int) -> None:
    retargeter = Retargeter(LinearSolver(), Side.RIGHT, max_speed=100.0)
    *_, (_, last) = follow(retargeter, [(100, offset)] * 25)
    assert last is not None
    now = last.stamp_ns
    for number in range(held):
        command = retargeter(None, now + (number + 1) * 20 * MS)
        assert command is not None and command.held_s > 0
        np.testing.assert_array_equal(command.positions, last.positions)


def test_the_first_command_is_the_flat_hand() -> None:
    command = Retargeter(LinearSolver(), Side.RIGHT)(moved_hand((0.05, 0, 0)), 5)
    assert command is not None and command.names == LinearSolver.names
    np.testing.assert_array_equal(command.positions, LinearSolver.flat)


def test_a_hand_that_comes_back_is_followed_from_the_last_command() -> None:
    retargeter = Retargeter(LinearSolver(), Side.RIGHT)
    *_, (now, last) = follow(retargeter, [(20, (0.05, 0.0, 0.0))] * 10)
    assert last is not None
    assert retargeter(None, now + 600 * MS) is None
    again = retargeter(moved_hand((-0.05, 0, 0)), now + 5000 * MS)
    assert again is not None
    np.testing.assert_array_equal(again.positions, last.positions)


def test_the_size_of_a_hand_does_not_matter() -> None:
    small, large = (Retargeter(LinearSolver(), Side.RIGHT, 50.0) for _ in range(2))
    for now in (0, 100 * MS):
        ours, theirs = small(moved_hand((0.01, 0, 0), size=0.7), now), large(moved_hand((0.01, 0, 0), size=1.3), now)
    assert ours is not None and theirs is not None and ours.positions.any()
    np.testing.assert_allclose(ours.positions, theirs.positions, atol=1e-5)


def test_another_side_is_refused_and_joints_that_are_no_hands_are_not_seen() -> None:
    retargeter = Retargeter(LinearSolver(), Side.RIGHT)
    with pytest.raises(ValueError, match="expected a right hand, got a left one"):
        retargeter(moved_hand((0, 0, 0), Side.LEFT), 0)
    hand = moved_hand((0, 0, 0))
    for joints in (hand.joints * np.nan, hand.joints * 0, hand.joints * 10):
        assert retargeter(replace(hand, joints=joints.astype(np.float32)), 0) is None


@pytest.mark.parametrize("wrong", [{"max_speed": 0.0}, {"max_speed": float("nan")}, {"stale_s": 0.0}])
def test_speeds_and_times_are_positive(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"expected .*positive"):
        Retargeter(LinearSolver(), Side.RIGHT, **wrong)


def test_a_step_goes_as_far_as_time_and_limits_allow() -> None:
    limits = MotionLimits(np.array([-1.0, -1.0]), np.array([1.0, 1.0]), np.array([2.0, 2.0]))
    np.testing.assert_allclose(limited_step(np.zeros(2), np.array([5.0, 0.1]), limits, 0.25), [0.5, 0.1])
    np.testing.assert_allclose(limited_step(np.zeros(2), np.array([5.0, -5.0]), limits, 9.0), [1.0, -1.0])
    with pytest.raises(ValueError, match="lower limits below upper"):
        MotionLimits(np.ones(1), np.zeros(1), np.ones(1))
