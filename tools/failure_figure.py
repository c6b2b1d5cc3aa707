"""The picture of models/landmark_lifter.md: rendered hands that the default model gets most wrong.

    python -m tools.failure_figure [--pictures 200] [--out docs/images]

Pictures are the first of the test seed of `benchmarks.lifting`. Each row shows two hands: the picture, what was found
over it, what was found from the side, and the truth from that side.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.lifting import SEED, SIZE, aligned_error, matched
from hand_recon_ros import HandPipeline
from hand_recon_ros.render.overlay import Style, draw_overlay
from hand_recon_ros.render.palette import SIDE_COLOURS
from hand_recon_ros.render.picture import save_png
from hand_recon_ros.render.views import VIEWS, contact_sheet, render_mesh
from hand_recon_ros.types import ByteImage, Hand, HandFrame
from hand_recon_train.datasets.sample import HandTruth
from hand_recon_train.synthetic.renderer import Recipe, Renderer

SHOWN, COLUMNS = 6, 2


class Failure(NamedTuple):
    """A hand and what was made of it, with the error in millimetres after alignment."""

    error: float
    picture: ByteImage
    frame: HandFrame
    hand: Hand
    truth: HandTruth


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pictures", type=int, default=200)
    parser.add_argument("--out", type=Path, default=Path("docs/images"))
    arguments = parser.parse_args()
    pipeline, renderer = HandPipeline.create(device="cpu"), Renderer(Recipe(seed=SEED, size=SIZE))
    failures = [failure for index in range(arguments.pictures) for failure in failures_of(pipeline, renderer, index)]
    worst = sorted(failures, key=lambda failure: -failure.error)[:SHOWN]
    tiles = [tile for failure in worst for tile in tiles_of(failure)]
    save_png(arguments.out / "lifter_failures.png", contact_sheet(tiles, 4 * COLUMNS))
    print("aligned errors, mm:", [round(failure.error, 1) for failure in worst])


def failures_of(pipeline: HandPipeline, renderer: Renderer, index: int) -> list[Failure]:
    """The found hands of a picture."""
    sample = renderer(index).sample
    frame = pipeline(sample.image, camera=sample.camera)
    pairs = zip(sample.hands, matched(sample.hands, frame.hands), strict=True)
    return [
        Failure(float(aligned_error(hand.joints[None], truth.joints[None])[0]), sample.image, frame, hand, truth)
        for truth, hand in pairs
        if hand is not None
    ]


def tiles_of(failure: Failure) -> list[ByteImage]:
    """Picture, overlay, and both meshes from the side."""
    hand, truth = failure.hand, failure.truth
    assert truth.vertices is not None
    overlay = draw_overlay(failure.picture, failure.frame, Style(labels=False))
    true_faces = hand.faces if hand.side == truth.side else hand.faces[:, ::-1]
    meshes = ((hand.vertices, hand.faces, hand.side), (np.asarray(truth.vertices), true_faces, truth.side))
    return [
        failure.picture,
        overlay,
        *(render_mesh(points, faces, VIEWS["right"], SIZE, SIDE_COLOURS[side]) for points, faces, side in meshes),
    ]


if __name__ == "__main__":
    main()
