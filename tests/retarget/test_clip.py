"""The optimiser on the hands that the node finds in the bundled clip."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hands_of_clip import hands_of, joints_of
from scipy.optimize import least_squares

from hand_recon_ros.retarget import Retargeter
from hand_recon_ros.retarget.solver import VectorSolver
from hand_recon_ros.types import Side

pytest.importorskip("dex_retargeting", reason="needs the extra retarget")

Array = npt.NDArray[np.floating]
IN_REACH_M = 1e-3


def solver_of(robot: str, side: Side, robots: Path) -> VectorSolver:
    solver = Retargeter.create(robot, side, robots).solver
    assert isinstance(solver, VectorSolver)
    return solver


def nearest(solver: VectorSolver, finger: int, place: Array) -> float:
    """How near one fingertip alone can come to a place, by another optimiser from several starts, metres."""
    low, high = solver.limits.T
    rng = np.random.default_rng(finger)
    starts = [solver.flat, solver.limits.mean(axis=1), *rng.uniform(low, high, (4, len(low)))]
    own = np.abs(solver.robot.vectors(starts[1]) - solver.robot.vectors(starts[2]))[finger]
    assert own.any()
    moving = [n for n in range(len(low)) if _moves(solver, finger, n)]

    def miss(positions: Array, start: Array) -> Array:
        everything = start.copy()
        everything[moving] = positions
        return (solver.robot.vectors(everything)[finger] - place) * 1e3

    best = np.inf
    for start in starts:
        inside = np.clip(start, low + 1e-6, high - 1e-6)
        found = least_squares(miss, inside[moving], bounds=(low[moving], high[moving]), args=(start,), max_nfev=40)
        best = min(best, float(np.linalg.norm(found.fun)) / 1e3)
        if best < IN_REACH_M / 2:
            break
    return best


def _moves(solver: VectorSolver, finger: int, joint: int) -> bool:
    bent = solver.limits.mean(axis=1)
    moved = bent.copy()
    moved[joint] += 0.1
    return bool(np.abs(solver.robot.vectors(moved) - solver.robot.vectors(bent))[finger].max() > 1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("side", [Side.RIGHT, Side.LEFT])
def test_fingertips_within_reach_come_within_a_centimetre(robots: Path, clip: Path, side: Side) -> None:
    solver = solver_of("allegro", side, robots)
    positions, misses, possible = solver.flat, [], []
    for number, joints in enumerate(joints_of(clip, side)):
        positions = solver.solve(joints, positions)
        if number % 5 == 0:
            wanted = solver.aim(joints)
            misses.append(np.linalg.norm(solver.robot.vectors(positions) - wanted, axis=1))
            possible.append([nearest(solver, finger, place) for finger, place in enumerate(wanted)])
    reachable = np.array(possible) < IN_REACH_M
    assert reachable.mean() > 0.4
    assert np.array(misses)[reachable].max() < 0.01
    assert np.array(misses)[reachable].mean() < 0.002
    # What is out of reach is approached as far as it goes.
    assert (np.array(misses) - possible).max() < 0.01


@pytest.mark.parametrize("side", [Side.RIGHT, Side.LEFT])
def test_a_gripper_opens_as_far_as_thumb_and_index_finger(robots: Path, clip: Path, side: Side) -> None:
    solver = solver_of("panda", side, robots)
    for joints in joints_of(clip, side):
        (opening,) = solver.solve(joints, solver.flat)
        pinch = np.linalg.norm(joints[8] - joints[4])
        assert opening == pytest.approx(min(0.04, solver.aim.scale * pinch / 2), abs=5e-4)  # type: ignore[attr-defined]


def test_at_the_pace_of_the_clip_the_limits_hold(robots: Path, clip: Path) -> None:
    retargeter = Retargeter.create("allegro", Side.RIGHT, robots, max_speed=2.0)
    commands = [command for stamp, hand in hands_of(clip, Side.RIGHT) if (command := retargeter(hand, stamp))]
    positions = np.array([command.positions for command in commands])
    seconds = np.diff([command.stamp_ns for command in commands]) / 1e9
    assert len(commands) == 75
    assert (positions >= retargeter.limits.lower).all() and (positions <= retargeter.limits.upper).all()
    assert (np.abs(np.diff(positions, axis=0)) <= 2.0 * seconds[:, None] + 1e-9).all()
    assert np.ptp(positions, axis=0).max() > 0.5
