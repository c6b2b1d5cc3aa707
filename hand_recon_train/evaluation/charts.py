"""Pictures of an evaluation: errors by joint, their histogram, and a sheet of the worst hands."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from matplotlib.figure import Figure

from hand_recon_ros.types import ByteImage, Joint
from hand_recon_train.datasets import Sample
from hand_recon_train.evaluation.finding import FoundHand
from hand_recon_train.evaluation.scores import Scores
from hand_recon_train.training.drawing import FOUND, TRUE, draw_bones

TILE, COLUMNS = 192, 10


def save_charts(scores: Scores, folder: Path) -> None:
    """Write joints.png and histogram.png."""
    figure = Figure((8, 3), layout="constrained")
    axes = figure.add_subplot()
    names = [joint.name.lower().replace("_", " ") for joint in Joint]
    axes.bar(names, np.nan_to_num(scores.per_joint_mm))
    axes.tick_params("x", rotation=90)
    axes.set_ylabel("mm after alignment")
    figure.savefig(folder / "joints.png", dpi=120)
    figure = Figure((6, 3), layout="constrained")
    axes = figure.add_subplot()
    axes.hist(scores.errors_mm, bins=50)
    axes.set_xlabel("mean joint error of a hand after alignment (mm)")
    axes.set_ylabel("hands")
    figure.savefig(folder / "histogram.png", dpi=120)


def tile(sample: Sample, found: list[FoundHand | None]) -> ByteImage:
    """The part of a picture around its hands, true bones white and found ones orange."""
    picture = np.ascontiguousarray(sample.image)
    points = [truth.joints_2d[truth.joints_2d_known] for truth in sample.hands]
    known = np.concatenate([*points, np.empty((0, 2), np.float32)])
    middle = (known.min(0) + known.max(0)) / 2 if len(known) else np.array(picture.shape[1::-1]) / 2
    side = 1.6 * float(np.ptp(known, axis=0).max()) if len(known) else max(picture.shape[:2])
    scale = TILE / max(side, 1.0)
    matrix = np.array([[scale, 0, TILE / 2 - scale * middle[0]], [0, scale, TILE / 2 - scale * middle[1]]])
    drawn = np.asarray(cv2.warpAffine(picture, matrix, (TILE, TILE)), np.uint8)
    for hand, truth in zip(found, sample.hands, strict=True):
        if truth.joints_2d_known.all():
            draw_bones(drawn, truth.joints_2d * scale + matrix[:, 2], TRUE)
        if hand is not None:
            draw_bones(drawn, hand.pixels * scale + matrix[:, 2], FOUND)
    return drawn


def sheet(tiles: list[ByteImage]) -> ByteImage:
    """Tiles in rows of ten, black where there are none left."""
    rows = -(-len(tiles) // COLUMNS)
    filled = tiles + [np.zeros((TILE, TILE, 3), np.uint8)] * (rows * COLUMNS - len(tiles))
    return np.concatenate([np.concatenate(filled[r * COLUMNS : (r + 1) * COLUMNS], axis=1) for r in range(rows)])
