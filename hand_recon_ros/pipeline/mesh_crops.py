"""Mesh networks that see one hand or a pair: what is cut out for them, and which of their hands is whose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from hand_recon_ros.networks.intake import Intake, Region
from hand_recon_ros.pipeline.chunks import run_in_chunks
from hand_recon_ros.pipeline.cropping import NOWHERE, crop_regions
from hand_recon_ros.pipeline.meshes import Meshes
from hand_recon_ros.pipeline.view import Sighting
from hand_recon_ros.types import ByteImage, Side

if TYPE_CHECKING:
    from hand_recon_ros.runtime import Engine

Array = npt.NDArray[np.floating]
Rows = npt.NDArray[np.intp]

MAX_SPREAD = 3.0
"""Side of two hands' common box over the larger one's own, above which they are looked at one by one."""


@dataclass(frozen=True)
class MeshCrops:
    """Runs a network of hands or pairs on crops around the hands that were found."""

    engine: Engine
    intake: Intake

    def __call__(self, sightings: Sequence[Sighting]) -> Meshes:
        """The hands of all views, at least one, in their order."""
        members = [self._members(sighting) for sighting in sightings]
        squares = [self._squares(s.boxes, of_one) for s, of_one in zip(sightings, members, strict=True)]
        crops, to_image = crop_regions([s.view.frame.rgb for s in sightings], squares, self.intake.size)
        right = np.array([track.side == Side.RIGHT for sighting in sightings for track in sighting.tracks])
        crop_of = _crop_of_each_hand(members)
        return self._read(crops, crop_of, right).mapped(to_image[crop_of])

    def _read(self, crops: ByteImage, crop_of: Rows, right: npt.NDArray[np.bool_]) -> Meshes:
        """The hands in their crops (N,), right or not (N,); a network of right hands is shown left ones mirrored."""
        mirrored = ~right if self.intake.right_only else np.zeros(len(right), bool)
        flipped = crop_of[mirrored]
        crops[flipped] = crops[flipped][:, :, ::-1]
        vertices, joints, pixels, _, rightness, pose, betas = run_in_chunks(self.engine, crops)
        chosen = crop_of, _slot_of_side(rightness[crop_of], right)
        found = Meshes(vertices[chosen], joints[chosen], pixels[chosen], pose[chosen], betas[chosen], regions=crop_of)
        return found.mirrored(mirrored, self.intake.size)

    def _members(self, sighting: Sighting) -> list[list[int]]:
        """Which hands each crop of a view shows."""
        if self.intake.region == Region.PAIR:
            return pairs_of(sighting.boxes, [track.side for track in sighting.tracks])
        return [[row] for row in range(len(sighting.tracks))]

    def _squares(self, boxes: Array, members: Sequence[Sequence[int]]) -> npt.NDArray[np.float32]:
        squares = squares_around(boxes, members, self.intake.crop_scale)
        # Published crops have the middle of the box at the centre of pixel size / 2, not between the two middle ones.
        squares[:, :2] -= squares[:, 2:3] / (2 * self.intake.size)
        return squares


def squares_around(boxes: Array, members: Sequence[Sequence[int]], scale: float) -> npt.NDArray[np.float32]:
    """Upright regions (M, 4) around the common boxes of some hands each; boxes (N, 2, 2) are low and high corners."""
    if not members:
        return NOWHERE
    low = np.stack([boxes[rows, 0].min(axis=0) for rows in members])
    high = np.stack([boxes[rows, 1].max(axis=0) for rows in members])
    side = scale * (high - low).max(axis=1).clip(1)
    return np.column_stack([(low + high) / 2, side, np.zeros(len(side))]).astype(np.float32)


def pairs_of(boxes: Array, sides: Sequence[Side]) -> list[list[int]]:
    """Rows of boxes (N, 2, 2): pairs of a left and a right hand that are near, nearest first, then single hands."""
    left = [row for row, side in enumerate(sides) if side == Side.LEFT]
    right = [row for row, side in enumerate(sides) if side == Side.RIGHT]
    spreads = sorted((_spread(boxes[a], boxes[b]), a, b) for a in left for b in right)
    pairs: list[list[int]] = []
    for spread, a, b in spreads:
        if spread <= MAX_SPREAD and not any({a, b} & set(pair) for pair in pairs):
            pairs.append([a, b])
    paired = {row for pair in pairs for row in pair}
    return pairs + [[row] for row in range(len(sides)) if row not in paired]


def _spread(one: Array, other: Array) -> float:
    """Side of the common box over that of the larger box."""
    both = np.maximum(one[1], other[1]) - np.minimum(one[0], other[0])
    return float(both.max() / max((one[1] - one[0]).max(), (other[1] - other[0]).max(), 1.0))


def _crop_of_each_hand(members: Sequence[Sequence[Sequence[int]]]) -> Rows:
    """Number of the crop, counted through all views, that shows each hand, counted so too."""
    crop_of: list[int] = []
    crops = 0
    for of_view in members:
        numbers = {row: crops + number for number, rows in enumerate(of_view) for row in rows}
        crop_of += [numbers[row] for row in sorted(numbers)]
        crops += len(of_view)
    return np.array(crop_of, np.intp)


def _slot_of_side(rightness: Array, right: npt.NDArray[np.bool_]) -> Rows:
    """Which of a crop's hands (N, H), by their probability of being right ones, has the side (N,)."""
    return np.where(right, rightness.argmax(axis=1), rightness.argmin(axis=1))
