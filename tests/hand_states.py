"""States of hands drawn by chance."""

from __future__ import annotations

import numpy as np

from hand_recon_ros.pipeline.articulation import Articulation
from hand_recon_ros.pipeline.hand_state import HandState


def draw_right_hands(articulation: Articulation, count: int, seed: int, shape_sd: float = 1.0) -> HandState:
    """Right hands within the limits, in front of the camera."""
    rng = np.random.default_rng(seed)
    angles = np.zeros((count, 15, 3))
    joint, axis = articulation.free.T
    lower, upper = articulation.lower[joint, axis], articulation.upper[joint, axis]
    angles[:, joint, axis] = lower + (upper - lower) * rng.uniform(0.05, 0.7, (count, len(joint)))
    root = np.linalg.qr(rng.normal(size=(count, 3, 3)))[0]
    root *= np.linalg.det(root)[:, None, None]
    translation = np.column_stack([rng.uniform(-0.1, 0.1, (count, 2)), rng.uniform(0.3, 0.9, count)])
    return HandState(root, translation, angles, rng.normal(scale=shape_sd, size=(count, 10)))
