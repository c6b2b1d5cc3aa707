"""A robot whose joints follow a fingertip far beyond its limits: for what does not depend on a robot."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from hand_recon_ros.retarget.operator_joints import reference_joints
from hand_recon_ros.types import Hand, Joint, Pose, Roi, ScaleSource, Side

Array = npt.NDArray[np.floating]
EMPTY = np.empty((0, 3), np.float32)


class LinearSolver:
    """Two joints that turn and one that slides; each asks for some number of times a coordinate of the index tip."""

    names: tuple[str, ...] = ("turn", "twist", "slide")
    limits = np.array([[-1.0, 1.0], [0.2, 2.0], [0.0, 0.05]])
    speeds = np.array([np.inf, 1.0, np.inf])
    prismatic = np.array([False, False, True])
    flat = np.array([0.0, 0.2, 0.0])

    def solve(self, joints: Array, near: Array) -> Array:
        return np.asarray(joints[Joint.INDEX_TIP] * (40.0, 40.0, 1.0))


def moved_hand(offset: tuple[float, float, float], side: Side = Side.RIGHT, size: float = 1.0) -> Hand:
    """The flat hand with its index tip moved, somewhere before a camera."""
    joints = reference_joints(side).copy()
    joints[Joint.INDEX_TIP] += offset
    wrist = Pose(np.array([[0, 0, -1], [-1, 0, 0], [0, 1, 0]], np.float32), np.array([0.1, 0.2, 0.6], np.float32))
    placed = ((joints * size) @ wrist.rotation.T + wrist.position).astype(np.float32)
    return Hand(
        side,
        1.0,
        1.0,
        1,
        ScaleSource.METRIC,
        placed,
        np.zeros((21, 2), np.float32),
        np.full(21, np.nan, np.float32),
        EMPTY,
        EMPTY.astype(np.int32),
        wrist,
        Roi(0, 0, 1, 1),
    )
