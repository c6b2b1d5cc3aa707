"""A hand as commands for a robot hand: solved, limited, held while the hand is lost, and stopped when it stays lost."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from hand_recon_ros.retarget.aims import aim_of
from hand_recon_ros.retarget.kinematics import RobotKinematics
from hand_recon_ros.retarget.motion import MotionLimits, limited_step
from hand_recon_ros.retarget.operator_joints import of_reference_size, operator_joints, palm_size
from hand_recon_ros.retarget.robots import find_urdf, robot_hand
from hand_recon_ros.retarget.solver import Solver, VectorSolver
from hand_recon_ros.types import Hand, Side

Array = npt.NDArray[np.floating]

MAX_SPEED = 3.0
"""Radians a second, where neither the user nor the robot's description says less."""
MAX_SLIDE = 0.1
"""Metres a second, for joints that slide."""
STALE_S = 0.5
PALM_M = (0.02, 0.3)
"""Palms of another size come from joints that are wrong."""


@dataclass(frozen=True)
class JointCommand:
    """Where a robot's joints are to be.

    Attributes:
        stamp_ns: time of the command.
        names: of N joints.
        positions: (N,) rad, or m for joints that slide.
        held_s: how long ago the hand was last seen, seconds; 0 when it was seen at this time.
    """

    stamp_ns: int
    names: tuple[str, ...]
    positions: Array
    held_s: float


class Retargeter:
    """Follows one hand. Times are nanoseconds of any one clock.

    The first command is the robot's flat hand, or where `start_at` said that the robot is. From there on, no joint
    leaves its limits or moves faster than it may. While the hand is lost, the last positions that it asked for stay the
    goal; when it has been lost for longer than stale_s, there are no commands. When it comes back, the robot goes on
    from the last command.

    Args:
        solver: of one robot.
        side: of the hand that is followed.
        max_speed: of joints that turn, rad/s; the robot's description may say less.
        stale_s: how long a hand that is lost is waited for.

    Raises:
        ValueError: a speed or time that is not positive.
    """

    def __init__(self, solver: Solver, side: Side, max_speed: float = MAX_SPEED, stale_s: float = STALE_S):
        if not stale_s > 0:
            raise ValueError(f"expected a positive time after which a hand is stale, got {stale_s}")
        self.solver, self.side, self.stale_s = solver, side, stale_s
        speed = np.minimum(np.where(solver.prismatic, MAX_SLIDE, max_speed), solver.speeds)
        self.limits = MotionLimits(solver.limits[:, 0], solver.limits[:, 1], speed)
        self._positions = self._goal = solver.flat
        self._at_ns: int | None = None
        self._seen_ns: int | None = None

    @classmethod
    def create(
        cls,
        robot: str,
        side: Side = Side.RIGHT,
        urdf: Path | str | None = None,
        max_speed: float = MAX_SPEED,
        stale_s: float = STALE_S,
    ) -> Retargeter:
        """A retargeter for a robot by name.

        Args:
            robot: one of `robots.ROBOTS`.
            side: of hand and robot.
            urdf: the robot's description, or a folder that is arranged as dex-urdf's robots/hands.
            max_speed: as for the class.
            stale_s: as for the class.

        Raises:
            ValueError: an unknown robot, or a description that is missing or of another robot.
            ImportError: dex-retargeting is not installed.
        """
        hand = robot_hand(robot, side)
        kinematics = RobotKinematics(hand, find_urdf(hand, None if urdf is None else Path(urdf)))
        return cls(VectorSolver(kinematics, aim_of(kinematics)), side, max_speed, stale_s)

    def __call__(self, hand: Hand | None, stamp_ns: int) -> JointCommand | None:
        """The command for what is seen at a time; None for no hand, or one with a joint that is not a number.

        Raises:
            ValueError: a hand of another side.
        """
        if hand is not None:
            if hand.side != self.side:
                raise ValueError(f"expected a {self.side.name.lower()} hand, got a {hand.side.name.lower()} one")
            self.see(operator_joints(hand), stamp_ns)
        return self.command(stamp_ns)

    def start_at(self, positions: Mapping[str, float]) -> None:
        """Go on from where the robot is, by the names of its joints; further ones do not matter.

        Raises:
            ValueError: one of the joints is missing, or its position is not a number.
        """
        missing = next((name for name in self.solver.names if not math.isfinite(positions.get(name, math.nan))), None)
        if missing is not None:
            raise ValueError(f"expected the position of joint {missing}, there is none")
        here = np.array([positions[name] for name in self.solver.names])
        self._positions = np.clip(here, self.limits.lower, self.limits.upper)

    def see(self, joints: Array, stamp_ns: int) -> bool:
        """Take joints (21, 3) in the operator frame, of any size, as the new goal; false when they are unusable."""
        if not np.isfinite(joints).all() or not PALM_M[0] <= palm_size(joints) <= PALM_M[1]:
            return False
        self._goal = self.solver.solve(of_reference_size(joints, self.side), self._goal)
        self._seen_ns = stamp_ns
        return True

    def command(self, stamp_ns: int) -> JointCommand | None:
        """The next step towards the goal; None while no hand has been seen for longer than stale_s."""
        stale_ns = round(self.stale_s * 1e9)
        elapsed = 0 if self._at_ns is None else stamp_ns - self._at_ns
        self._at_ns = stamp_ns
        # A clock that was set back, and a pause in which nobody asked, give no licence to jump.
        seconds = elapsed / 1e9 if 0 <= elapsed <= stale_ns else 0.0
        if self._seen_ns is None or not 0 <= stamp_ns - self._seen_ns <= stale_ns:
            return None
        self._positions = limited_step(self._positions, self._goal, self.limits, seconds)
        return JointCommand(stamp_ns, self.solver.names, self._positions, (stamp_ns - self._seen_ns) / 1e9)
