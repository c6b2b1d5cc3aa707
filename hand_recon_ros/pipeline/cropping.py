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
Pixel = npt.NDArray[np.intp]

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


class Part(NamedTuple):
    """A part of a picture that is averaged down before it is sampled.

    Attributes:
        low, high: (2,) its first pixel and the one beyond its last, u v; empty where it lies outside.
        inner: its size after it was shrunken, and to_part: (2, 3) the affine map from a crop's pixels into that.
    """

    low: Pixel
    high: Pixel
    inner: tuple[int, int]
    to_part: npt.NDArray[np.float64]


class Letterbox(NamedTuple):
    """A picture shrunken to size inner at an offset (2,) in a square: image = (square + 0.5 - offset) / scale - 0.5."""

    inner: tuple[int, int]
    scale: float
    offset: npt.NDArray[np.float32]


def _crop_into(crop: ByteImage, rgb: ByteImage, region: Regions, to_image: npt.NDArray[np.float64]) -> None:
    size = len(crop)
    source, to_source = rgb, to_image
    if needs_shrinking(region, size):
        part = part_under(rgb.shape[:2], region, to_image, size)
        source, to_source = _shrunken(rgb, part), part.to_part
    if source.size:
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        cv2.warpAffine(source, to_source, (size, size), dst=crop, flags=flags)
    else:
        crop[:] = 0


def needs_shrinking(region: Regions, size: int) -> bool:
    """Whether the picture under a region (4,) is averaged down before a crop of so many pixels a side is sampled."""
    return bool(region[2] > MAX_STEP * size)


def part_under(shape: tuple[int, ...], region: Regions, to_image: npt.NDArray[np.float64], size: int) -> Part:
    """The part of a picture of shape (height, width) that a crop of a region needs, shrunken to the crop's scale."""
    factor = region[2] / (MAX_STEP / 2 * size)
    turn = abs(math.cos(region[3])) + abs(math.sin(region[3]))
    reach = region[2] / 2 * turn + 2 * factor  # half of the turned square's width, and a margin for the filter
    most = np.array(shape[::-1])
    low = np.clip(region[:2] - reach, 0, None).astype(int) // EVEN * EVEN
    high = np.clip(-(-np.ceil(region[:2] + reach).astype(int) // EVEN) * EVEN, 0, most)
    low = np.minimum(low, high)
    inner = [max(1, round(n / factor)) for n in (high - low).tolist()]
    ratio = np.array(inner) / np.maximum(high - low, 1)
    to_part = to_image * ratio[:, None]
    to_part[:, 2] += (0.5 - low) * ratio - 0.5
    return Part(low, high, (inner[0], inner[1]), to_part)


def _shrunken(rgb: ByteImage, part: Part) -> ByteImage:
    source = rgb[part.low[1] : part.high[1], part.low[0] : part.high[0]]
    if not source.size:
        return source
    return np.asarray(cv2.resize(_halved(source, part.inner), part.inner, interpolation=cv2.INTER_LINEAR), np.uint8)


def letterbox(rgb: ByteImage, size: int, share: float = 1.0) -> tuple[ByteImage, float, npt.NDArray[np.float32]]:
    """The picture (size, size, 3) shrunken or grown to that share of the square's side, centred on black.

    Returns:
        The square, the scale, and the offset (2,) with image = (square + 0.5 - offset) / scale - 0.5.
    """
    inner, scale, offset = letterbox_of(rgb.shape[:2], size, share)
    square = np.zeros((size, size, 3), np.uint8)
    x, y = offset.astype(int)
    part = square[y : y + inner[1], x : x + inner[0]]
    cv2.resize(_halved(rgb, inner), inner, dst=part, interpolation=cv2.INTER_LINEAR)
    return square, scale, offset


def letterbox_of(shape: tuple[int, ...], size: int, share: float) -> Letterbox:
    """How `letterbox` places a picture of shape (height, width)."""
    height, width = shape
    scale = share * size / max(height, width)
    inner = max(1, round(width * scale)), max(1, round(height * scale))
    return Letterbox(inner, scale, np.array([(size - inner[0]) // 2, (size - inner[1]) // 2], np.float32))


def _halved(rgb: ByteImage, size: Sequence[int]) -> ByteImage:
    """The picture halved until bilinear sampling to size (width, height) no longer steps over pixels.

    Halving by averages, as bilinear sampling of an even number of pixels does, is several times as fast as OpenCV's
    area interpolation; of an odd number it is still faster, and hardly less exact.
    """
    for _ in range(halvings(rgb.shape[:2], size)):
        half = cv2.resize(rgb, (rgb.shape[1] // 2, rgb.shape[0] // 2), interpolation=cv2.INTER_LINEAR)
        rgb = np.asarray(half, np.uint8)
    return rgb


def halvings(shape: Sequence[int], size: Sequence[int]) -> int:
    """How often (height, width) can be halved without falling under a size (width, height)."""
    (height, width), times = shape, 0
    while width >= 2 * size[0] and height >= 2 * size[1]:
        height, width, times = height // 2, width // 2, times + 1
    return times
