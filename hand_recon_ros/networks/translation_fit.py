"""Where a hand is: the translation by which its joints project onto points that were seen.

The objective is HandOccNet's, the sum of absolute distances in pixels; its published optimiser, which stops early for
far hands, is replaced by iteratively reweighted least squares (Holland and Welsch, 1977).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from hand_recon_ros.types import CameraModel

Array = npt.NDArray[np.float64]
SMALL_PX = np.geomspace(1, 1e-6, 60)
"""Distances under this count as this much; falling, so that the fit does not stop where one of them is zero."""
NEAREST = 0.01
"""Metres that every joint stays in front of the camera."""
SHORTER = np.append(0.5 ** np.arange(12), 0)
"""Parts of a step that are tried; none is one of them, so that no step makes the fit worse."""


class Fit(NamedTuple):
    """Translation (3,) in metres, and the sum of absolute distances in u and v that it leaves, in pixels."""

    translation: Array
    error_px: float


def published_camera(width: int, height: int) -> CameraModel:
    """The camera that HandOccNet's demonstration takes every picture to come from."""
    return CameraModel(500.0, 500.0, width / 2, height / 2, width, height)


def fit_translation(
    joints: npt.NDArray[np.floating],
    pixels: npt.NDArray[np.floating],
    camera: CameraModel,
    depth: float | None = None,
) -> Fit:
    """Fit the translation of a hand by a pinhole camera, without its distortion.

    Args:
        joints: (N, 3) metres in axes of the camera, N at least 2.
        pixels: (N, 2) where they were seen.
        camera: intrinsics.
        depth: metres to start from, straight ahead; left out, the start is a linear estimate.

    Raises:
        ValueError: numbers that are not finite, or arrays of other shapes.
    """
    posed: Array = np.asarray(joints, np.float64)
    seen: Array = np.asarray(pixels, np.float64)
    if posed.shape != (len(seen), 3) or seen.shape[1:] != (2,) or len(seen) < 2:
        raise ValueError(f"expected joints (N, 3) and pixels (N, 2), got {posed.shape} and {seen.shape}")
    if not (np.isfinite(posed).all() and np.isfinite(seen).all()):
        raise ValueError("expected finite joints and pixels to fit a translation to, got others; drop the hand")
    focal, rays = np.array([camera.fx, camera.fy]), (seen - [camera.cx, camera.cy]) / [camera.fx, camera.fy]
    translation = _linear_estimate(posed, rays) if depth is None else np.array([0.0, 0.0, depth])
    translation[2] = max(translation[2], NEAREST - posed[:, 2].min())
    for small_px in SMALL_PX:
        step = _step(posed + translation, rays, focal, small_px)
        tried = translation + SHORTER[:, None] * step
        translation = min(tried, key=lambda candidate: _error(posed + candidate, rays, focal))
    return Fit(translation, _error(posed + translation, rays, focal))


def _linear_estimate(joints: Array, rays: Array) -> Array:
    """Least squares of x + tx = ray (z + tz), which is linear in the translation."""
    ones, zeros = np.ones(len(rays)), np.zeros(len(rays))
    across = np.column_stack([ones, zeros, -rays[:, 0]])
    down = np.column_stack([zeros, ones, -rays[:, 1]])
    wanted = rays * joints[:, 2:] - joints[:, :2]
    return np.asarray(np.linalg.lstsq(np.concatenate([across, down]), wanted.T.ravel(), rcond=None)[0], np.float64)


def _step(points: Array, rays: Array, focal: Array, small_px: float) -> Array:
    """Gauss-Newton step of distances weighed by their inverse."""
    depths = points[:, 2:]
    distances = focal * (points[:, :2] / depths - rays)
    slopes = np.zeros((len(points), 2, 3))
    slopes[:, [0, 1], [0, 1]] = focal / depths
    slopes[:, :, 2] = -focal * points[:, :2] / depths**2
    weights = 1 / np.sqrt(np.maximum(np.abs(distances), small_px))
    scaled = (slopes * weights[..., None]).reshape(-1, 3)
    return np.asarray(-np.linalg.lstsq(scaled, (distances * weights).ravel(), rcond=None)[0], np.float64)


def _error(points: Array, rays: Array, focal: Array) -> float:
    """Sum of absolute distances in pixels, infinite where a point is not in front of the camera."""
    if points[:, 2].min() < NEAREST:
        return float("inf")
    return float(np.abs(focal * (points[:, :2] / points[:, 2:] - rays)).sum())
