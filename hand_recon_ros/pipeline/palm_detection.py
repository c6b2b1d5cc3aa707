"""From the palm detector's raw output to palms in the image: anchors, decoding, weighted non-maximum suppression."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from hand_recon_ros.pipeline.chunks import run_in_chunks
from hand_recon_ros.pipeline.cropping import letterbox
from hand_recon_ros.types import ByteImage

if TYPE_CHECKING:
    from hand_recon_ros.runtime import Engine

Array = npt.NDArray[np.float32]

INPUT_SIZE = 192
FEATURE_MAPS = ((24, 2), (12, 6))
"""Cells a side and anchors a cell of the detector's two output maps."""
SAME_PALM_IOU = 0.3


class Search(NamedTuple):
    """How a picture is searched: the least score of a palm, and the share of the detector's input that it fills."""

    min_score: float
    share: float = 1.0


@dataclass(frozen=True)
class Palms:
    """N detected palms: boxes (N, 4) as u0 v0 u1 v1 and keypoints (N, 7, 2) in image pixels, scores (N,)."""

    boxes: Array
    keypoints: Array
    scores: Array

    @property
    def centres(self) -> Array:
        """Middles (N, 2) of the boxes."""
        return np.asarray(self.boxes.reshape(-1, 2, 2).mean(axis=1))

    def take(self, rows: npt.NDArray[np.intp]) -> Palms:
        """The chosen palms, in the order of rows."""
        return Palms(self.boxes[rows], self.keypoints[rows], self.scores[rows])


def detect_palms(engine: Engine, pictures: Sequence[ByteImage], searches: Sequence[Search]) -> list[Palms]:
    """Palms of each picture, best first, found in one batch.

    A whole picture is seen at 192 pixels, or at its search's share of them: a palm must cover about 20, and at most
    about half.
    """
    if not pictures:
        return []
    seen = (letterbox(rgb, INPUT_SIZE, search.share) for rgb, search in zip(pictures, searches, strict=True))
    squares, scales, offsets = zip(*seen, strict=True)
    raw, logits = run_in_chunks(engine, np.stack(squares))
    return [
        palms_in_picture(of_one, score, search.min_score, scale, offset)
        for of_one, score, search, scale, offset in zip(raw, logits, searches, scales, offsets, strict=True)
    ]


def palms_in_picture(raw: Array, logits: Array, min_score: float, scale: float, offset: Array) -> Palms:
    """The detector's raw output for a square that shows a picture at scale and offset, as palms of that picture."""
    points, scores = weighted_nms(*decode(raw, logits, min_score))
    points = ((points + 0.5 - offset) / scale - 0.5).astype(np.float32)
    return Palms(points[:, :2].reshape(-1, 4), points[:, 2:], scores)


@lru_cache(maxsize=1)
def anchors() -> Array:
    """Anchor centres (2016, 2) in detector pixels, in the order of the detector's rows."""
    grids = []
    for cells, per_cell in FEATURE_MAPS:
        v, u = np.mgrid[:cells, :cells]
        centres = (np.stack([u, v], axis=-1).reshape(-1, 2) + 0.5) * (INPUT_SIZE / cells)
        grids.append(np.repeat(centres, per_cell, axis=0))
    return np.concatenate(grids).astype(np.float32)


def decode(raw: Array, logits: Array, min_score: float) -> tuple[Array, Array]:
    """Rows above a score as points (N, 9, 2), box corners then keypoints, in detector pixels, with scores (N,).

    raw (2016, 18) holds box centre, box size and seven keypoints, all relative to the anchor but the size.
    """
    chosen = np.flatnonzero(logits > np.log(min_score / (1 - min_score)))
    values = raw[chosen].reshape(-1, 9, 2)
    centre, half = values[:, 0] + anchors()[chosen] - 0.5, values[:, 1] / 2
    keypoints = values[:, 2:] + (anchors()[chosen] - 0.5)[:, None]
    points = np.concatenate([(centre - half)[:, None], (centre + half)[:, None], keypoints], axis=1)
    return points, (1 / (1 + np.exp(-logits[chosen]))).astype(np.float32)


def weighted_nms(points: Array, scores: Array) -> tuple[Array, Array]:
    """Merge overlapping detections into their score-weighted mean (BlazeFace, Bazarevsky et al. 2019, section 3.4).

    points (N, 9, 2) begin with the box corners; a group is everything that overlaps its best member.
    """
    merged, best = [], []
    left = np.argsort(-scores, kind="stable")
    while left.size:
        same = iou(points[left[0], :2].ravel(), points[left, :2].reshape(-1, 4)) > SAME_PALM_IOU
        same[0] = True  # a box of no area does not even overlap itself
        group = left[same]
        merged.append(np.average(points[group], axis=0, weights=scores[group]))
        best.append(scores[left[0]])
        left = left[~same]
    return np.array(merged, np.float32).reshape(-1, 9, 2), np.array(best, np.float32)


def iou(box: Array, boxes: Array) -> Array:
    """Intersection over union of one box (4,) with boxes (N, 4), as u0 v0 u1 v1."""
    overlap = np.minimum(box[2:], boxes[:, 2:]) - np.maximum(box[:2], boxes[:, :2])
    shared = overlap.clip(0).prod(axis=1)
    areas = (boxes[:, 2:] - boxes[:, :2]).clip(0).prod(axis=1)
    return shared / np.maximum(areas + (box[2:] - box[:2]).clip(0).prod() - shared, 1e-9)
