"""The published crop of HandOccNet: from the tight box around a hand to the network's square picture."""

from __future__ import annotations

import math

import cv2
import numpy as np
import numpy.typing as npt

from hand_recon_ros.networks.pictures import Prepared
from hand_recon_ros.types import ByteImage

Array = npt.NDArray[np.float64]
POINTS_SCALE = 1.5
"""Side of a box around projected joints over that of the tight one."""


def box_around(points: npt.NDArray[np.floating]) -> Array:
    """Box x, y, width, height around points (N, 2), half as large again."""
    low, high = points.min(0), points.max(0)
    centre, size = (low + high) / 2, (high - low) * POINTS_SCALE
    return np.concatenate([centre - size / 2, size])


def square_box(box: npt.NDArray[np.floating], width: int, height: int, scale: float) -> Array:
    """The square to crop, x, y, width, height in pixels, around the part of a box (4,) that a picture shows.

    As published, a box that sticks out at the left or the top is moved into the picture, not cut.

    Raises:
        ValueError: the box has no area in the picture.
    """
    low = np.maximum(box[:2], 0)
    high = np.minimum([width - 1, height - 1], low + np.maximum(box[2:] - 1, 0))
    if not (box[2:] > 0).all() or (high < low).any():
        raise ValueError(f"expected a box with area in a picture of {width} x {height}, got {box.tolist()}; correct it")
    side = (high - low).max() * scale
    return np.array([*((low + high) / 2 - side / 2), side, side])


def crop_to_image(box: npt.NDArray[np.floating], size: int, scale: float = 1.0, angle_deg: float = 0.0) -> Array:
    """The affine map (2, 3) from a crop of size x size pixels to the picture, for a box (4,) in it.

    The box is first grown by a scale and turned, from the picture's x to its y, about its middle.
    """
    angle = math.radians(angle_deg)
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    linear = turn * (np.asarray(box[2:], np.float64) * scale / size)
    middle = np.asarray(box[:2], np.float64) + np.asarray(box[2:], np.float64) / 2
    return np.column_stack([linear, middle - linear @ np.full(2, size / 2)])


def mirrored_box(box: npt.NDArray[np.floating], width: int) -> Array:
    """The box in the mirrored picture of so many columns."""
    return np.array([width - 1 - box[0] - box[2], *box[1:]], np.float64)


def cropped(image: ByteImage, to_image: Array, size: int) -> Prepared:
    """The crop (size, size, 3) by an affine map (2, 3) to the picture; black outside."""
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return Prepared(np.asarray(cv2.warpAffine(image, to_image, (size, size), flags=flags), image.dtype), to_image)
