"""Cameras: where a scene stands before one, what it is seen through, and how it moves while the shutter is open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from hand_recon_ros.types import CameraModel

Array = npt.NDArray[Any]

CROPPED = 0.8
"""Share of the pictures that are cut out around the hand, as networks are fed; the others are whole pictures."""
DISTORTED, ROLLING = 0.35, 0.3
NEAREST, USUAL, FARTHEST = 0.22, 0.5, 1.6
"""Metres from the camera."""
CLOSEST_POINT = 0.06
"""Surfaces nearer to the camera than this are not drawn, metres."""
SMALLEST_HAND = 0.16
"""Share of the picture's width that a hand's length of 0.2 m takes up at least."""
WIDEST_RAY = 1.1
"""Tangent of the angle from the optical axis up to which lens distortion is sure to be monotonic."""
MOST_SHEAR = 0.02
"""Of the picture's width, how far a rolling shutter moves its last row against its first."""


@dataclass(frozen=True)
class View:
    """How a scene is seen.

    Attributes:
        camera: intrinsics.
        place: (3,) metres, where the middle of the scene stands.
        shear: pixels (2,) that the picture moves from the middle row's exposure to one a picture's height later.
    """

    camera: CameraModel
    place: Array
    shear: Array


def draw_view(rng: np.random.Generator, points: Array, size: int, movement: Array) -> View:
    """A view of points (N, 3) about the origin.

    Args:
        rng: source of chance.
        points: what has to be in the picture, mostly: the hands' joints.
        size: of the square picture in pixels.
        movement: (2,) pixels that the picture moves during one exposure.
    """
    away = float(np.clip(USUAL * np.exp(rng.normal(0, 0.4)), NEAREST, FARTHEST))
    away = max(away, 0.12 - float(points[:, 2].min()))  # all of it before the camera
    middle = (size - 1) / 2
    if rng.random() < CROPPED:
        extent = float(np.abs(points[:, :2]).max()) + 0.01
        slope, focal = rng.normal(0, 0.22, 2).clip(-0.6, 0.6), rng.uniform(0.45, 1.05) * size / 2 * away / extent
        centre = middle - focal * slope + rng.normal(0, 0.06, 2) * size
    else:
        focal = middle / np.tan(np.radians(rng.uniform(40, 85)) / 2)
        away = min(away, max(0.2 * focal / SMALLEST_HAND / size, 0.12 - float(points[:, 2].min())))
        slope = rng.uniform(-0.75, 0.75, 2) * middle / focal
        centre = middle + rng.normal(0, 0.01, 2) * size
    coefficients = _distortion(rng)
    cx, cy = centre.tolist()
    camera = CameraModel(focal, focal * rng.normal(1, 0.004), cx, cy, size, size, coefficients)
    shear = movement * rng.uniform(0.5, 3) if rng.random() < ROLLING else np.zeros(2)
    return View(camera, away * np.append(slope, 1), shear.clip(-MOST_SHEAR * size, MOST_SHEAR * size))


def _distortion(rng: np.random.Generator) -> tuple[float, ...]:
    """Plumb bob coefficients of an ordinary lens, or none."""
    if rng.random() >= DISTORTED:
        return ()
    radial = rng.normal(0, [0.08, 0.02]).clip([-0.16, -0.04], [0.16, 0.04])
    return (*radial.tolist(), *rng.normal(0, 0.001, 2).tolist(), 0.0)


def sheared(view: View, points: Array) -> Array:
    """Points (N, 3) where they are when the shutter reaches the row that shows them.

    The picture moves evenly, so each point moves along its depth by the shear for its row's time.
    """
    if not view.shear.any():
        return points
    row = view.camera.fy * points[:, 1] / points[:, 2] + view.camera.cy
    late = ((row - (view.camera.height - 1) / 2) / view.camera.height).clip(-1, 1)
    moved = points.copy()
    moved[:, :2] += late[:, None] * view.shear / (view.camera.fx, view.camera.fy) * points[:, 2:]
    return moved


def pixels_of(camera: CameraModel, points: Array) -> tuple[Array, Array]:
    """Pixels (V, 2) and nearness 1 / depth (V,); nearness is NaN where a point must not be drawn."""
    x, y, z = points.T
    usable = z > CLOSEST_POINT
    depth = np.where(usable, z, 1.0)
    if camera.distorted:
        usable &= (x * x + y * y) < (WIDEST_RAY * depth) ** 2
    safe = np.column_stack([np.where(usable, x, 0), np.where(usable, y, 0), depth])
    return _projected(camera, safe), np.where(usable, 1 / depth, np.nan)


def _projected(camera: CameraModel, points: Array) -> Array:
    """As `camera.project`, in double precision."""
    if not camera.distorted:
        return points[:, :2] / points[:, 2:] * (camera.fx, camera.fy) + (camera.cx, camera.cy)
    coefficients = np.array([*camera.distortion, *[0.0] * (5 - len(camera.distortion))])
    pixels, _ = cv2.projectPoints(points[:, None], np.zeros(3), np.zeros(3), camera.matrix, coefficients)
    return np.asarray(pixels).reshape(-1, 2)
