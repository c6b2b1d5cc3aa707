"""Soft shadows beside whatever stands in front: fingers before a palm and hands before hands come apart.

Depth is compared with its own blurred copy; where the surroundings are nearer, the surface is darkened. After Luft,
Colditz and Deussen, "Image Enhancement by Unsharp Masking the Depth Buffer", 2006.
"""

from __future__ import annotations

import cv2
import numpy as np

from hand_recon_ros.types import FloatArray

REACH_M = 0.010
"""How far a shadow reaches, about the width of a finger."""
FULL_M = 0.012
"""Nearer by so much on average, the surroundings cast the darkest shadow."""
DARKEST = 0.5
WIDEST_BLUR_PX = 4.0


def creases(depth: FloatArray, focal: float) -> FloatArray:
    """What to multiply the light at each pixel with: (H, W) from DARKEST to 1.

    Args:
        depth: (H, W) metres, infinity where there is no surface.
        focal: pixels.
    """
    covered = np.isfinite(depth)
    if not covered.any():
        return np.ones(depth.shape, np.float32)
    known = np.where(covered, depth, 0).astype(np.float32)
    sigma = float(np.clip(REACH_M * focal / np.median(depth[covered]), 0.5, max(depth.shape) / 4))
    blurred, weight = (_blur(values, sigma) for values in (known, covered.astype(np.float32)))
    nearer = depth[covered] - (blurred / weight.clip(1e-6))[covered]
    factor = np.ones(depth.shape, np.float32)
    factor[covered] = 1 - (1 - DARKEST) * (nearer / FULL_M).clip(0, 1)
    return factor


def _blur(values: FloatArray, sigma: float) -> FloatArray:
    """Gaussian blur; wide ones are done on a smaller picture, which has what is left of the detail."""
    height, width = values.shape
    shrink = max(1.0, sigma / WIDEST_BLUR_PX)
    size = max(1, round(width / shrink)), max(1, round(height / shrink))
    small = cv2.resize(values, size, interpolation=cv2.INTER_AREA)
    blurred = cv2.GaussianBlur(small, (0, 0), sigma / shrink)
    return np.asarray(cv2.resize(blurred, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
