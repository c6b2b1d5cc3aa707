"""Models side by side on rendered pictures that no weights were trained on, by difficulty: found, side, error.

    python -m benchmarks.lifting [--pictures 600] [--first 0] [--workers 2] [--models NAME ...]

Seed 901, pictures of 256 pixels, whole pipelines with the true intrinsics and every picture alone. A hand counts as
found when a found hand's points lie within half its extent of its joints, on average. Errors are those of the found
hands: Procrustes-aligned, from the wrist, and, as a median, in the camera frame.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from benchmarks.accuracy import aligned_error
from hand_recon_ros import HandPipeline
from hand_recon_ros.types import Hand, HandFrame
from hand_recon_train.datasets.sample import HandTruth
from hand_recon_train.lifting.sampling import difficulty
from hand_recon_train.synthetic.renderer import Recipe, Rendered, Renderer

Array = npt.NDArray[Any]

SEED, SIZE, AT_ONCE = 901, 256, 50
NEAR = 0.5
"""Mean distance of a found hand's points from the joints, as a share of the extent, under which it is that hand."""
BACK, SMALL, DARK = -0.5, 80, 60
"""Cosine between palm and camera, pixels across the hand, and its mean brightness, under which a hand is so."""


@dataclass(frozen=True)
class Met:
    """How the models met one hand.

    Attributes:
        kinds: of difficulty that it is of.
        side_right: of each model; None where it was not found.
        errors: (M, 3) millimetres: aligned, from the wrist, in the camera frame; NaN where it was not found.
    """

    kinds: frozenset[str]
    side_right: tuple[bool | None, ...]
    errors: Array


@dataclass(frozen=True)
class Seen:
    """The hands of some pictures, and how many found hands of each model are none of them (M,)."""

    hands: list[Met]
    false: Array


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pictures", type=int, default=600)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--models", nargs="+", default=["landmarks_full", "default", "sighted_full"])
    arguments = parser.parse_args()
    starts = range(arguments.first, arguments.first + arguments.pictures, AT_ONCE)
    with get_context("spawn").Pool(arguments.workers) as pool:
        parts = pool.map(partial(_look, tuple(arguments.models)), starts, chunksize=1)
    hands = [hand for part in parts for hand in part.hands]
    for row, model in enumerate(arguments.models):
        print(f"{model}: {sum(part.false[row] for part in parts)} found hands are none")
        for kind in dict.fromkeys(kind for hand in hands for kind in sorted(hand.kinds)):
            _report(kind, [hand for hand in hands if kind in hand.kinds], row)


def _report(kind: str, hands: list[Met], row: int) -> None:
    sides = [hand.side_right[row] for hand in hands if hand.side_right[row] is not None]
    errors = np.stack([hand.errors[row] for hand in hands])
    aligned, rooted = np.nanmean(errors[:, :2], axis=0)
    print(
        f"  {kind:9} found {len(sides):4} of {len(hands):4}, side right {100 * np.mean(np.array(sides)):5.1f} %, "
        f"aligned {aligned:5.1f}, from the wrist {rooted:5.1f}, camera frame {np.nanmedian(errors[:, 2]):5.1f}"
    )


def _look(models: tuple[str, ...], start: int) -> Seen:
    cv2.setNumThreads(1)
    renderer = Renderer(Recipe(seed=SEED, size=SIZE))
    pipelines = [HandPipeline.create(model, device="cpu", threads=1) for model in models]
    parts = [_met(renderer(index), pipelines) for index in range(start, start + AT_ONCE)]
    return Seen([hand for part in parts for hand in part.hands], np.sum([part.false for part in parts], axis=0))


def _met(rendered: Rendered, pipelines: Sequence[HandPipeline]) -> Seen:
    sample = rendered.sample
    frames = [pipeline(sample.image, camera=sample.camera) for pipeline in pipelines]
    found = [matched(sample.hands, frame.hands) for frame in frames]
    hands = [_hand(rendered, hand, of_one) for hand, of_one in zip(sample.hands, zip(*found, strict=True), strict=True)]
    return Seen(hands, np.array([_spare(frame, of_one) for frame, of_one in zip(frames, found, strict=True)]))


def matched(truths: Sequence[HandTruth], hands: Sequence[Hand]) -> list[Hand | None]:
    """The found hand of each true one, nearest pairs first, none twice."""
    found: list[Hand | None] = [None] * len(truths)
    gaps = [[_gap(truth, hand) for hand in hands] for truth in truths]
    for cell in np.argsort(gaps, axis=None, kind="stable"):
        row, column = divmod(int(cell), max(len(hands), 1))
        if gaps[row][column] < NEAR and found[row] is None and not any(hands[column] is hand for hand in found):
            found[row] = hands[column]
    return found


def _gap(truth: HandTruth, hand: Hand) -> float:
    off = np.linalg.norm(hand.joints_2d - truth.joints_2d, axis=1).mean()
    return float(off / np.ptp(truth.joints_2d, axis=0).max())


def _spare(frame: HandFrame, found: list[Hand | None]) -> int:
    return len(frame.hands) - sum(hand is not None for hand in found)


def _hand(rendered: Rendered, truth: HandTruth, found: tuple[Hand | None, ...]) -> Met:
    return Met(
        kinds(rendered, truth),
        tuple(None if hand is None else hand.side == truth.side for hand in found),
        np.stack([_errors(truth, hand) for hand in found]),
    )


def _errors(truth: HandTruth, hand: Hand | None) -> Array:
    if hand is None:
        return np.full(3, np.nan)
    found, true = hand.joints.astype(float), truth.joints.astype(float)
    shifts = (found - found[:1] + true[:1], found)
    plain = [1e3 * np.linalg.norm(points - true, axis=1).mean() for points in shifts]
    return np.array([aligned_error(found[None], true[None])[0], *plain])


def kinds(rendered: Rendered, truth: HandTruth) -> frozenset[str]:
    """The difficulties that a hand is of."""
    how, content = difficulty(rendered.sample, truth), rendered.content
    pair, holding = len(rendered.sample.hands) > 1, "holding" in content
    free = not pair and not holding
    chosen = {
        "all": True,
        "single": not pair,
        "open": free and content.startswith("open"),
        "fist": free and content.startswith("fist"),
        "back": free and how["facing"] < BACK,
        "object": holding,
        "pair": pair,
        "small": how["extent"] < SMALL,
        "dark": how["brightness"] < DARK,
    }
    return frozenset(kind for kind, is_so in chosen.items() if is_so)


if __name__ == "__main__":
    main()
