"""Alignments that take the position, or position, rotation and size, out of a comparison of joints."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from hand_recon_ros.types import Joint

Array = npt.NDArray[np.floating]


def from_root(joints: Array, root: int = Joint.WRIST) -> Array:
    """Joints (N, K, 3) relative to one of them."""
    return joints - joints[:, root : root + 1]


def similarity_aligned(found: Array, truth: Array) -> Array:
    """Each set of points after the rotation, translation and positive scale that brings it closest to its truth.

    The least-squares solution of Umeyama, "Least-squares estimation of transformation parameters between two point
    patterns", 1991: reflections are not allowed. Points that all coincide are moved but neither turned nor scaled.

    Args:
        found: (N, K, 3).
        truth: (N, K, 3).

    Returns:
        (N, K, 3) in the axes of truth.
    """
    goal = truth.mean(axis=1, keepdims=True)
    a, b = found - found.mean(axis=1, keepdims=True), truth - goal
    u, spread, vt = np.linalg.svd(np.swapaxes(b, 1, 2) @ a)
    proper = np.ones((len(a), 3))
    proper[:, 2] = np.where(np.linalg.det(u @ vt) < 0, -1, 1)
    rotation = (u * proper[:, None]) @ vt
    extent = (a**2).sum(axis=(1, 2))
    scale = (spread * proper).sum(axis=1) / np.where(extent > 0, extent, 1)
    return goal + scale[:, None, None] * a @ np.swapaxes(rotation, 1, 2)
