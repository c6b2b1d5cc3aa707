"""How near robots' fingertips come to a hand's: the table and the picture of docs/retargeting.md.

    hand-recon replay examples/two_hands.mcap --out result.mcap
    python -m tools.retarget_figures result.mcap ROBOTS [--out docs/images]

ROBOTS is a folder arranged as robots/hands of dexsuite/dex-urdf; robots that it lacks are left out. A tip is within
reach when another optimiser, which has to please this one finger alone and starts in six places, comes within 1 mm.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from pathlib import Path

import matplotlib
import numpy as np
import numpy.typing as npt
from scipy.optimize import least_squares

from hand_recon_ros.node.result_reader import read_results
from hand_recon_ros.retarget import ROBOTS, Retargeter
from hand_recon_ros.retarget.aims import PalmAim
from hand_recon_ros.retarget.kinematics import RobotKinematics
from hand_recon_ros.retarget.operator_joints import of_reference_size, operator_joints
from hand_recon_ros.retarget.solver import TIPS, VectorSolver
from hand_recon_ros.types import BONES, Joint, Side

Array = npt.NDArray[np.floating]

IN_REACH_M = 1e-3
STARTS, EVALUATIONS, EVERY = 6, 40, 5
SHOWN = (0, 25, 50)
HUMAN, ROBOT = "#b8b8b8", "#1f6fb2"


def joints_of(recording: Path, side: Side) -> list[Array]:
    """(21, 3) of each hand of a side in a recording, in the operator frame and of reference size."""
    hands = [hand for _, frame in read_results(recording) for hand in frame.hands if hand.side == side]
    return [of_reference_size(operator_joints(hand), side) for hand in hands]


def solver_of(robot: str, side: Side, robots: Path) -> VectorSolver:
    """The solver of a robot by name."""
    solver = Retargeter.create(robot, side, robots).solver
    assert isinstance(solver, VectorSolver)
    return solver


def nearest(solver: VectorSolver, row: int, place: Array) -> float:
    """How near the tip of one row alone can come to a place, metres: another optimiser, from several starts."""
    low, high = solver.limits.T
    rng = np.random.default_rng(row)
    middle = solver.limits.mean(axis=1)
    moving = [joint for joint in range(len(low)) if _moves(solver.robot, row, joint, middle)]
    best = np.inf
    for start in (solver.flat, middle, *rng.uniform(low, high, (STARTS - 2, len(low)))):
        inside = np.clip(start, low + 1e-6, high - 1e-6)

        def miss(positions: Array, everything: Array = inside) -> Array:
            posed = everything.copy()
            posed[moving] = positions
            return (solver.robot.vectors(posed)[row] - place) * 1e3

        found = least_squares(miss, inside[moving], bounds=(low[moving], high[moving]), max_nfev=EVALUATIONS)
        best = min(best, float(np.linalg.norm(found.fun)) / 1e3)
        if best < IN_REACH_M / 2:
            break
    return best


def _moves(robot: RobotKinematics, row: int, joint: int, start: Array) -> bool:
    moved = start.copy()
    moved[joint] += 0.1 * np.ptp(robot.limits[joint])
    return bool(np.abs(robot.vectors(moved) - robot.vectors(start))[row].max() > 1e-9)


def measure(solver: VectorSolver, hands: list[Array]) -> tuple[Array, Array, float]:
    """Misses of the tips (M, T) and the smallest possible ones, metres, of every fifth hand; CPU seconds a hand."""
    tips = [row for row, (_, joint) in enumerate(solver.robot.robot.human) if joint in TIPS]
    positions, misses, possible = solver.flat, [], []
    started, spent = time.process_time(), 0.0
    for number, joints in enumerate(hands):
        started = time.process_time()
        positions = solver.solve(joints, positions)
        spent += time.process_time() - started
        if number % EVERY == 0:
            wanted = solver.aim(joints)
            misses.append(np.linalg.norm(solver.robot.vectors(positions) - wanted, axis=1)[tips])
            possible.append([nearest(solver, row, wanted[row]) for row in tips])
    return np.array(misses), np.array(possible), spent / len(hands)


def rows(recording: Path, robots: Path) -> Iterator[str]:
    """The table."""
    yield "| robot | side | joints | scale | tips in reach | off in reach: mean, largest | all: mean | possible | CPU |"
    yield "| --- | --- | --- | --- | --- | --- | --- | --- | --- |"
    for robot in ROBOTS:
        for side in (Side.RIGHT, Side.LEFT):
            try:
                solver = solver_of(robot, side, robots)
            except ValueError:
                continue
            misses, possible, seconds = measure(solver, joints_of(recording, side))
            near = possible < IN_REACH_M
            inside = f"{misses[near].mean() * 1e3:.1f} mm, {misses[near].max() * 1e3:.1f} mm" if near.any() else ""
            yield (
                f"| {robot} | {side.name.lower()} | {len(solver.names)} | {solver.aim.scale:.2f} | "
                f"{near.mean():.0%} | {inside} | {misses.mean() * 1e3:.1f} mm | {possible.mean() * 1e3:.1f} mm | "
                f"{seconds * 1e3:.1f} ms |"
            )


def fingers(robot: RobotKinematics, positions: Array) -> list[Array]:
    """Each tip's chain of joints (M, 3), from the origin link outwards."""
    robot.vectors(positions)
    wrapper, chains = robot.wrapper, []
    for origin, tip in zip(robot.robot.origins, robot.robot.tips, strict=True):
        start, end = (wrapper.get_link_pose(wrapper.get_link_index(link))[:3, 3].copy() for link in (origin, tip))
        places, joint = [end], wrapper.model.frames[wrapper.get_link_index(tip)].parentJoint
        while joint:
            places.append(wrapper.data.oMi[joint].translation.copy())
            joint = wrapper.model.parents[joint]
        chains.append(np.array([*places, start][::-1]) - start)
    return chains


def draw(robot: str, recording: Path, robots: Path, path: Path) -> None:
    """The scaled hand in grey and the robot over it, seen from its palm and from the thumb's side."""
    matplotlib.use("Agg")
    from matplotlib import pyplot

    solver = solver_of(robot, Side.RIGHT, robots)
    assert isinstance(solver.aim, PalmAim)
    hands, positions = joints_of(recording, Side.RIGHT), solver.flat
    figure, axes = pyplot.subplots(2, len(SHOWN), figsize=(9, 7), sharex=True, sharey=True)
    for number, joints in enumerate(hands):
        positions = solver.solve(joints, positions)
        if number not in SHOWN:
            continue
        scaled = solver.aim.scale * joints + solver.aim.shift
        lines: list[tuple[Array, str, int]] = [
            (scaled[list(bone)], HUMAN, 4) for bone in BONES if bone[1] <= Joint.RING_TIP
        ]
        lines += [(chain, ROBOT, 2) for chain in fingers(solver.robot, positions)]
        for axis, across in zip(axes[:, SHOWN.index(number)], (1, 0), strict=True):
            for places, colour, width in lines:
                axis.plot(places[:, across], places[:, 2], color=colour, linewidth=width, solid_capstyle="round")
                axis.plot(*places[-1, [across, 2]], "o", color=colour, markersize=width + 1)
            axis.set_aspect("equal")
            axis.set_xlabel("y: pinky to thumb, m" if across else "x: out of the palm, m", fontsize=8)
    for row in axes:
        row[0].set_ylabel("z: to the fingertips, m", fontsize=8)
    figure.tight_layout()
    figure.savefig(path, dpi=110)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("recording", type=Path)
    parser.add_argument("robots", type=Path)
    parser.add_argument("--out", type=Path, default=Path("docs/images"))
    given = parser.parse_args()
    draw("allegro", given.recording, given.robots, given.out / "retargeting.png")
    for row in rows(given.recording, given.robots):
        print(row, flush=True)


if __name__ == "__main__":
    main()
