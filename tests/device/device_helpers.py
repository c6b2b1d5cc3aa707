"""What the tests of the device's stages share."""

from __future__ import annotations

import numpy as np
import torch

from hand_recon_ros.pipeline.hand_state import Observation

CPU = torch.device("cpu")


def tensor(array):
    """An array in float32 on the device of these tests."""
    return torch.tensor(np.asarray(array), dtype=torch.float32)


def free_angles(articulation, angles):
    """Those of all angles (N, 15, 3) that a fit may change."""
    joint, axis = articulation.free.T
    return angles[:, joint, axis]


def observed(points, noise, seed) -> Observation:
    """What a camera and a network might see of points (N, 21, 3)."""
    rng = np.random.default_rng(seed)
    rays = points[..., :2] / points[..., 2:] + rng.normal(scale=noise, size=(*points.shape[:2], 2))
    return Observation(
        rays, points - points.mean(axis=1, keepdims=True) + rng.normal(scale=5 * noise, size=points.shape)
    )
