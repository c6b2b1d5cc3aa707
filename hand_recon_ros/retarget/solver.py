"""From a hand's joints to a robot's, by dex-retargeting's vector optimiser."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import numpy.typing as npt

from hand_recon_ros.retarget.aims import PalmAim, PinchAim
from hand_recon_ros.retarget.kinematics import RobotKinematics
from hand_recon_ros.types import Joint

Array = npt.NDArray[np.floating]

TIPS = (Joint.THUMB_TIP, Joint.INDEX_TIP, Joint.MIDDLE_TIP, Joint.RING_TIP, Joint.PINKY_TIP)

HUBER_M = 0.02
"""Differences beyond it count linearly, so that a tip out of reach does not pull the others away from theirs."""
STAY = 1e-4
"""How much the last positions count; just enough to choose among positions that are equally good."""
FAR_M, BETTER_M = 0.01, 0.002
"""With a tip this far off, the search begins anew elsewhere; its result is taken if it is so much nearer on average."""
TIP_WEIGHT = 4
"""How much more fingertips count than what else of a finger a configuration names, such as its middle."""
PATIENCE = 3
"""Hands between two such attempts: what is out of reach stays so for a while, and every attempt costs a search."""


class Solver(Protocol):
    """Finds positions of a robot's joints for a hand.

    Attributes:
        names: of N joints. limits: (N, 2). speeds: (N,) highest, per second. prismatic: (N,).
        flat: (N,) positions of the open hand.
    """

    names: tuple[str, ...]
    limits: Array
    speeds: Array
    prismatic: npt.NDArray[np.bool_]
    flat: Array

    def solve(self, joints: Array, near: Array) -> Array:
        """Positions (N,) within the limits for joints (21, 3) of reference size, searched from others."""
        ...


class VectorSolver:
    """A `Solver` for the vectors that an aim asks for: bounded SLSQP with analytic gradients (nlopt, Pinocchio)."""

    def __init__(self, robot: RobotKinematics, aim: PalmAim | PinchAim):
        from dex_retargeting.optimizer import VectorOptimizer

        self.robot, self.aim = robot, aim
        self.names, self.limits, self.speeds = robot.names, robot.limits, robot.speeds
        self.prismatic, self.flat = robot.prismatic, robot.flat
        counts = [TIP_WEIGHT if joint in TIPS else 1 for _, joint in robot.robot.human]
        self._rows = np.repeat(np.arange(len(counts)), counts)  # the optimiser has no weights
        self._optimizer = VectorOptimizer(
            robot.wrapper,
            list(robot.names),
            [robot.robot.origins[row] for row in self._rows],
            [robot.robot.tips[row] for row in self._rows],
            np.array(robot.robot.human)[self._rows].T,
            huber_delta=HUBER_M,
            norm_delta=STAY,
        )
        if robot.adaptor is not None:
            self._optimizer.set_kinematic_adaptor(robot.adaptor)
        self._optimizer.set_joint_limit(robot.limits, epsilon=0.0)
        self._patience = 0

    def solve(self, joints: Array, near: Array) -> Array:
        """Positions (N,) within the limits for joints (21, 3) of reference size, searched from others."""
        wanted = self.aim(joints)
        found = self._search(wanted, near)
        misses = self._misses(found, wanted)
        self._patience -= 1
        if misses.max() <= FAR_M or self._patience > 0:
            return found
        self._patience = PATIENCE
        # A finger may be caught bent the wrong way; the middle of its range leads to either.
        other = self._search(wanted, self.limits.mean(axis=1))
        return other if self._misses(other, wanted).mean() < misses.mean() - BETTER_M else found

    def _search(self, wanted: Array, near: Array) -> Array:
        from nlopt import RoundoffLimited

        fixed = np.zeros(len(self._optimizer.idx_pin2fixed))
        start = np.clip(near, *self.limits.T)
        try:
            found = self._optimizer.retarget(wanted[self._rows].astype(np.float32), fixed, start)
        except RoundoffLimited:  # already as near as numbers allow
            return start
        return np.clip(found.astype(np.float64), *self.limits.T)

    def _misses(self, positions: Array, wanted: Array) -> Array:
        """(K,) how far each tip is from where it is wanted, metres."""
        return np.asarray(np.linalg.norm(self.robot.vectors(positions) - wanted, axis=1))
