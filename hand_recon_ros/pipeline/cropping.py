"""Cutting square crops out of a picture, and shrinking a whole picture into a square."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from hand_recon_ros.pipeline.regions import crop_to_image
from hand_recon_ros.types import ByteImage

Regions = npt.NDArray[np.float32]

MAX_STEP = 2.0
"""Image pixels a crop pixel may step over before bilinear sampling aliases visibly."""
EVEN = 16
"""Parts of a picture begin and end at multiples of it, so that they can be halved four times."""
NOWHERE = np.empty((0, 4), np.float32)
"""No regions."""


class Crops(NamedTuple):
    """Square crops (N, size, size, 3), and the affine maps (N, 2, 3) from their pixels to those of the pictures."""

    images: ByteImage
    to_image: npt.NDArray[np.float64]


def crop_regions(pictures: Sequence[ByteImage], regions: Sequence[Regions], size: int) -> Crops:
    """Crops of the oriented regions (n, 4) of each picture, in their order; black where one leaves its picture."""
    every = np.concatenate([*regions, NOWHERE])
    crops = Crops(np.empty((len(every), size, size, 3), np.uint8), crop_to_image(every, size))
    sources = (rgb for rgb, of_one in zip(pictures, regions, strict=True) for _ in of_one)
    for crop, to_image, region, rgb in zip(*crops, every, sources, strict=True):
        _crop_into(crop, rgb, region, to_image)
    return crops


def _crop_into(crop: ByteImage, rgb: ByteImage, region: Regions, to_image: npt.NDArray[np.float64]) -> None:
    size = len(crop)
    source, to_source = rgb, to_image
    if region[2] > MAX_STEP * size:
        source, to_source = _shrunken_part(rgb, region, to_image, region[2] / (MAX_STEP / 2 * size))
    if source.size:
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        cv2.warpAffine(source, to_source, (size, size), dst=crop, flags=flags)
    else:
        crop[:] = 0


def letterbox(rgb: ByteImage, size: int, share: float = 1.0) -> tuple[ByteImage, float, npt.NDArray[np.float32]]:
    """The picture (size, size, 3) shrunken or grown to that share of the square's side, centred on black.

    Returns:
        The square, the scale, and the offset (2,) with image = (square + 0.5 - offset) / scale - 0.5.
    """
    height, width = rgb.shape[:2]
    scale = share * size / max(height, width)
    inner = max(1, round(width * scale)), max(1, round(height * scale))
    square = np.zeros((size, size, 3), np.uint8)
    x, y = (size - inner[0]) // 2, (size - inner[1]) // 2
    part = square[y : y + inner[1], x : x + inner[0]]
    cv2.resize(_halved(rgb, inner), inner, dst=part, interpolation=cv2.INTER_LINEAR)
    return square, scale, np.array([x, y], np.float32)


def _halved(rgb: ByteImage, size: Sequence[int]) -> ByteImage:
    """The picture halved until bilinear sampling to size (width, height) no longer steps over pixels.

    Halving by averages, as bilinear sampling of an even number of pixels does, is several times as fast as OpenCV's
    area interpolation; of an odd number it is still faster, and hardly less exact.
    """
    while rgb.shape[1] >= 2 * size[0] and rgb.shape[0] >= 2 * size[1]:
        half = cv2.resize(rgb, (rgb.shape[1] // 2, rgb.shape[0] // 2), interpolation=cv2.INTER_LINEAR)
        rgb = np.asarray(half, np.uint8)
    return rgb


def _shrunken_part(
    rgb: ByteImage, region: Regions, to_image: npt.NDArray[np.float64], factor: float
) -> tuple[ByteImage, npt.NDArray[np.float64]]:
    """The part of the image under a region, averaged down by factor, and the map from the crop into it."""
    turn = abs(math.cos(region[3])) + abs(math.sin(region[3]))
    reach = region[2] / 2 * turn + 2 * factor  # half of the turned square's width, and a margin for the filter
    low = np.clip(region[:2] - reach, 0, None).astype(int) // EVEN * EVEN
    high = -(-np.ceil(region[:2] + reach).astype(int) // EVEN) * EVEN
    part = rgb[low[1] : max(high[1], 0), low[0] : max(high[0], 0)]
    if not part.size:
        return part, to_image
    inner = [max(1, round(n / factor)) for n in (part.shape[1], part.shape[0])]
    ratio = np.array([inner[0] / part.shape[1], inner[1] / part.shape[0]])
    to_part = to_image * ratio[:, None]
    to_part[:, 2] += (0.5 - low) * ratio - 0.5
    shrunk = cv2.resize(_halved(part, inner), inner, interpolation=cv2.INTER_LINEAR)
    return np.asarray(shrunk, np.uint8), to_part
