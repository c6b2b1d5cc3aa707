"""The landmark network applied to regions of a picture, and what it takes for two findings to be one hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from hand_recon_ros.pipeline.chunks import run_in_chunks
from hand_recon_ros.pipeline.cropping import crop_regions
from hand_recon_ros.types import ByteImage

if TYPE_CHECKING:
    from hand_recon_ros.runtime import Engine

Array = npt.NDArray[np.float32]

INPUT_SIZE = 224
SAME_HAND_DISTANCE = 0.2
"""Mean distance of corresponding landmarks, as a share of the hand's extent, under which two hands are one."""

INSIDE, SMALLER = 0.8, 0.75
"""Shares of a hand's box in another's box, and of that one's size, over and under which it is taken for part of it."""


@dataclass(frozen=True)
class Landmarks:
    """N hands as the landmark network sees them.

    Attributes:
        pixels: (N, 21, 2) in image pixels.
        relative: (N, 21, 3) metres in the camera's axes as if the hand stood at the image centre, own origin.
        presence: (N,) probability that the region shows a hand.
        right: (N,) probability that it is a right hand.
        sight: (N, 2, S) what a lifter lacks, as of a right and as of a left hand (see Observation); None where the
            network does not say.
    """

    pixels: Array
    relative: Array
    presence: Array
    right: Array
    sight: Array | None = None

    def __len__(self) -> int:
        return len(self.pixels)

    def take(self, rows: slice | npt.NDArray[np.intp]) -> Landmarks:
        """The chosen hands, in the order of rows."""
        sight = None if self.sight is None else self.sight[rows]
        return Landmarks(self.pixels[rows], self.relative[rows], self.presence[rows], self.right[rows], sight)


def join_landmarks(parts: Sequence[Landmarks]) -> Landmarks:
    """One batch of several, at least one, of one network."""
    names = [name for name, array in vars(parts[0]).items() if array is not None]
    return Landmarks(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})


NOTHING = Landmarks(*(np.empty(shape, np.float32) for shape in ((0, 21, 2), (0, 21, 3), (0,), (0,))))


def find_landmarks(engine: Engine, pictures: Sequence[ByteImage], regions: Sequence[Array]) -> list[Landmarks]:
    """Run the network over the regions (N, 4) of each picture, all of them in one batch."""
    if not any(map(len, regions)):
        return [NOTHING] * len(pictures)
    crops = crop_regions(pictures, regions, INPUT_SIZE)
    found = in_image(run_in_chunks(engine, crops.images), crops.to_image, np.concatenate(regions)[:, 2])
    ends = np.cumsum([len(of_one) for of_one in regions]).tolist()
    return [found.take(slice(end - len(of_one), end)) for end, of_one in zip(ends, regions, strict=True)]


def in_image(outputs: tuple[Array, ...], to_image: npt.NDArray[np.float64], sides: Array) -> Landmarks:
    """The network's outputs for square crops, with sides (N,) in the pictures and affine maps (N, 2, 3) to them."""
    points, presence, right, world, *sight = outputs
    linear, offset = to_image[:, :, :2], to_image[:, None, :, 2]
    pixels = points[..., :2] @ np.swapaxes(linear, 1, 2) + offset
    turned = world.copy()
    turned[..., :2] = world[..., :2] @ np.swapaxes(linear * (INPUT_SIZE / sides[:, None, None]), 1, 2)
    return Landmarks(pixels.astype(np.float32), turned, presence, right, *sight)


def distinct_hands(pixels: Array, priority: Array) -> npt.NDArray[np.intp]:
    """Rows of pixels (N, 21, 2) that are different hands, highest priority (N,) first, later ones dropped."""
    extent = (pixels.max(axis=1) - pixels.min(axis=1)).max(axis=1)
    gap = np.linalg.norm(pixels[:, None] - pixels[None], axis=-1).mean(axis=-1)
    same = gap < SAME_HAND_DISTANCE * np.maximum(extent[:, None], extent[None])
    kept: list[int] = []
    for row in np.argsort(-priority, kind="stable"):
        if not same[row, kept].any():
            kept.append(int(row))
    return np.array(kept, np.intp)


def parts_of_others(pixels: Array) -> npt.NDArray[np.bool_]:
    """Which hands (N,) of pixels (N, 21, 2) lie within a larger one: fingers that were taken for a hand."""
    low, high = pixels.min(axis=1), pixels.max(axis=1)
    shared = np.minimum(high[:, None], high[None]) - np.maximum(low[:, None], low[None])
    inside = shared.clip(0).prod(axis=-1) > INSIDE * (high - low).prod(axis=-1)[:, None]
    extent = (high - low).max(axis=1)
    return np.asarray((inside & (extent[:, None] < SMALLER * extent[None])).any(axis=1))
