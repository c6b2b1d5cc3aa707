"""Oriented square regions: where in the picture a hand is cut out for the landmark network.

A region is a row (centre u, centre v, side length, angle) in pixels and radians; the angle turns the crop so that
the fingers point up in it. Every function takes and gives arrays of N regions.

The choice of regions follows the hand tracking of Zhang et al., "MediaPipe Hands: On-device Real-time Hand
Tracking", 2020, since the shipped landmark network was trained on such crops.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.floating]

PALM_WRIST, PALM_MIDDLE_MCP = 0, 2
"""Which of a palm detection's seven keypoints give its direction."""

PALM_LANDMARKS = np.array([0, 1, 2, 3, 5, 6, 9, 10, 13, 14, 17, 18])
"""Landmarks that bound a tracked hand's region: without the mobile outer phalanges."""


def regions_from_palms(boxes: Array, keypoints: Array) -> Array:
    """Regions (N, 4) of palm detections: boxes (N, 4) as u0 v0 u1 v1 and keypoints (N, 7, 2), in pixels."""
    angle = _angle_to_up(keypoints[:, PALM_MIDDLE_MCP] - keypoints[:, PALM_WRIST])
    centre = (boxes[:, :2] + boxes[:, 2:]) / 2
    palm_size = (boxes[:, 2:] - boxes[:, :2]).max(axis=1)
    return _regions(centre, palm_size, angle, shift=0.5, scale=2.6)


def regions_from_landmarks(landmarks: Array) -> Array:
    """Regions (N, 4) around landmarks (N, 21, 2) in pixels."""
    knuckles = (landmarks[:, 5] + landmarks[:, 13] + 2 * landmarks[:, 9]) / 4
    angle = _angle_to_up(knuckles - landmarks[:, 0])
    upright = landmarks[:, PALM_LANDMARKS] @ _rotation(angle)
    low, high = upright.min(axis=1), upright.max(axis=1)
    centre = np.einsum("ni,nji->nj", (low + high) / 2, _rotation(angle))
    return _regions(centre, (high - low).max(axis=1), angle, shift=0.1, scale=2.0)


def crop_to_image(regions: Array, crop_size: int) -> npt.NDArray[np.float64]:
    """Affine maps (N, 2, 3) from pixels of a square crop of crop_size to pixels of the image."""
    scale = (regions[:, 2] / crop_size).astype(np.float64)
    linear = _rotation(regions[:, 3].astype(np.float64)) * scale[:, None, None]
    # Pixel centres: the middle of the crop lies at (crop_size - 1) / 2.
    middle = np.full(2, (crop_size - 1) / 2)
    return np.concatenate([linear, (regions[:, :2] - linear @ middle)[:, :, None]], axis=2)


def _regions(centre: Array, size: Array, angle: Array, shift: float, scale: float) -> Array:
    up = -_rotation(angle)[:, :, 1]
    centre = centre + up * (shift * size)[:, None]
    return np.column_stack([centre, scale * size, angle]).astype(np.float32)


def _angle_to_up(direction: Array) -> Array:
    """Angle (N,) by which the upright crop is turned clockwise, as seen, to lie along direction (N, 2)."""
    return np.arctan2(direction[:, 0], -direction[:, 1])


def _rotation(angle: Array) -> Array:
    turn = np.empty((*angle.shape, 2, 2), angle.dtype)
    turn[..., 0, 0] = turn[..., 1, 1] = np.cos(angle)
    turn[..., 1, 0] = np.sin(angle)
    turn[..., 0, 1] = -turn[..., 1, 0]
    return turn
