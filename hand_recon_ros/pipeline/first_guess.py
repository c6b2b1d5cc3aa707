"""Where the fit of a hand of which nothing is known yet starts."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from hand_recon_ros.pipeline.articulation import Articulation, pose_points, shape_points
from hand_recon_ros.pipeline.hand_state import HandState, Observation, centred
from hand_recon_ros.pipeline.placement import translations_onto_rays

Array = npt.NDArray[np.floating]

PALM_POINTS = [0, 1, 5, 9, 13, 17]
"""Landmarks that move little with the fingers."""
FINGER_CHAINS = np.array([[0, 5, 6, 7, 8], [0, 9, 10, 11, 12], [0, 17, 18, 19, 20], [0, 13, 14, 15, 16]])
"""Landmarks along the four fingers, in the model's order of chains: index, middle, pinky, ring."""


def first_guess(model: Articulation, seen: Observation) -> HandState:
    """Angles from the bends between the network's own segments, rotation from its palm, translation from both."""
    n = len(seen.rays)
    betas = np.zeros((n, model.part_shapes.shape[0]))
    shaped = shape_points(model, betas)
    unposed = np.zeros((n, 15, 3))
    rest = pose_points(model, shaped, np.broadcast_to(np.eye(3), (n, 3, 3)), unposed).points
    bend = _bends(seen.relative) - _bends(rest)
    angles = unposed.copy()
    angles[:, :, 0] = bend.reshape(n, 15)
    angles = angles.clip(model.lower, model.upper)
    root = align(rest[:, PALM_POINTS], seen.relative[:, PALM_POINTS])
    points = pose_points(model, shaped, root, angles).points
    return HandState(root, translations_onto_rays(points, seen.rays), angles, betas)


def _bends(points: Array) -> Array:
    """Angles (N, 5, 3) between successive segments of the fingers; zero for the thumb, whose base has no hinge."""
    segments = np.diff(points[:, FINGER_CHAINS], axis=2)
    segments = segments / np.linalg.norm(segments, axis=-1, keepdims=True).clip(1e-9)
    bend = np.arccos((segments[:, :, 1:] * segments[:, :, :-1]).sum(axis=-1).clip(-1, 1))
    return np.concatenate([bend, np.zeros((len(points), 1, 3))], axis=1)


def align(source: Array, target: Array) -> Array:
    """Rotations (N, 3, 3) that best turn source (N, K, 3) onto target (Kabsch 1976)."""
    u, _, vt = np.linalg.svd(np.swapaxes(centred(target), 1, 2) @ centred(source))
    mirror = np.ones((len(u), 3))
    mirror[:, 2] = np.sign(np.linalg.det(u @ vt))
    return (u * mirror[:, None]) @ vt
