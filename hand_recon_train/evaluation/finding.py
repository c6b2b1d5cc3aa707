"""Hands of a model on samples of a data set, each beside the true one that it stands for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

import numpy as np
import torch

from hand_recon_ros.hand_model import HandModel
from hand_recon_ros.networks import find_intake, live_network
from hand_recon_ros.networks.intake import Region
from hand_recon_ros.networks.live import LiveHands
from hand_recon_ros.pipeline import HandPipeline
from hand_recon_ros.types import FloatArray, Side
from hand_recon_train.datasets import HandDataset, HandTruth, Sample
from hand_recon_train.training.preparing import Preparation, Prepared

FAR = 0.5
"""Share of a hand's size in the picture by which a found hand may be off on the mean and still stand for it."""
SURE = 0.5


@dataclass(frozen=True)
class FoundHand:
    """A hand that a model gives: side, joints (21, 3) and vertices (V, 3) in metres, pixels (21, 2) of the image.

    placed says whether joints and vertices are in the camera frame; if not, only their differences count.
    """

    side: Side
    joints: FloatArray
    vertices: FloatArray | None
    pixels: FloatArray
    placed: bool


class Finder(Protocol):
    """A model with its way of looking at samples."""

    def __call__(self, samples: Sequence[Sample]) -> list[list[FoundHand | None]]:
        """For each sample's true hands the hand that was found, or None."""
        ...


class PipelineFinder:
    """The pipeline as users have it: it finds the hands itself, and may miss some."""

    def __init__(self, pipeline: HandPipeline) -> None:
        """Look with a pipeline."""
        self._pipeline = pipeline

    def __call__(self, samples: Sequence[Sample]) -> list[list[FoundHand | None]]:
        """See Finder."""
        return [assigned(self._hands(sample), sample.hands) for sample in samples]

    def _hands(self, sample: Sample) -> list[FoundHand]:
        self._pipeline.reset()
        hands = self._pipeline(sample.image, sample.camera).hands
        return [FoundHand(hand.side, hand.joints, hand.vertices, hand.joints_2d, True) for hand in hands]


class NetworkFinder:
    """A mesh network on crops around the true hands, as its authors evaluate it."""

    def __init__(
        self, name: str, right: HandModel, left: HandModel | None, device: str = "cpu", random_weights: bool = False
    ) -> None:
        """Load a network by name.

        Raises:
            ValueError, FileNotFoundError: as live_network.
        """
        self._intake = find_intake(name)
        self._network = live_network(name, right, left, random_weights).to(device).eval()
        self._device, self._prepare = device, Preparation(self._intake)

    def __call__(self, samples: Sequence[Sample]) -> list[list[FoundHand | None]]:
        """See Finder."""
        one = self._intake.region == Region.HAND
        views = [(k, hand) for k, s in enumerate(samples) for hand in (range(len(s.hands)) if one else [0])]
        if not views:
            return [[] for _ in samples]
        rng = np.random.default_rng(0)
        prepared = [self._prepare(samples[k], rng, hand) for k, hand in views]
        pictures = torch.from_numpy(np.stack([view.picture for view in prepared])).to(self._device)
        with torch.inference_mode():
            live = LiveHands(*(output.cpu() for output in self._network(pictures)))
        found = [self._found(live, row, view, samples[views[row][0]]) for row, view in enumerate(prepared)]
        if one:
            rows = iter(found)
            return [[next(rows)[0] for _ in sample.hands] for sample in samples]
        return [assigned(hands, sample.hands) for hands, sample in zip(found, samples, strict=True)]

    def _found(self, live: LiveHands, row: int, view: Prepared, sample: Sample) -> list[FoundHand]:
        width = sample.image.shape[1]
        sign = np.array([-1 if view.mirrored else 1, 1, 1], np.float32)
        hands = []
        for place in np.flatnonzero(live.score[row] >= (SURE if self._intake.region == Region.IMAGE else 0)):
            pixels = live.pixels[row, place].numpy() @ view.to_image[:, :2].T + view.to_image[:, 2]
            if view.mirrored:
                pixels[:, 0] = width - 1 - pixels[:, 0]
            right = (live.right[row, place] >= 0.5) != view.mirrored
            side = Side.RIGHT if right else Side.LEFT
            joints, vertices = (points[row, place].numpy() * sign for points in (live.joints, live.vertices))
            hands.append(FoundHand(side, joints, vertices, pixels.astype(np.float32), False))
        return hands


def assigned(found: Sequence[FoundHand], truths: Sequence[HandTruth]) -> list[FoundHand | None]:
    """For each true hand the nearest found one of its side that is left, nearest pairs first; far ones are missed."""
    apart = np.array([[_apart(hand, truth) for hand in found] for truth in truths]).reshape(len(truths), len(found))
    chosen: list[FoundHand | None] = [None] * len(truths)
    while apart.size and apart.min() <= FAR:
        true, other = divmod(int(apart.argmin()), apart.shape[1])
        chosen[true] = found[other]
        apart[true], apart[:, other] = np.inf, np.inf
    return chosen


def _apart(hand: FoundHand, truth: HandTruth) -> float:
    """Mean distance in the picture over the true hand's size; infinite for the other side's."""
    known = truth.joints_2d_known
    if not known.any() or (truth.side != Side.UNKNOWN and hand.side != truth.side):
        return np.inf
    true = truth.joints_2d[known]
    size = max(float(np.ptp(true, axis=0).max()), 1.0)
    return float(np.linalg.norm(hand.pixels[known] - true, axis=1).mean()) / size


def found_hands(
    finder: Finder, dataset: HandDataset, count: int | None = None, batch: int = 16
) -> Iterator[tuple[int, Sample, list[FoundHand | None]]]:
    """Number, sample and found hands of the samples of a data set, or of so many spread over it."""
    total = len(dataset)
    chosen = range(total) if count is None else sorted({k * total // count for k in range(min(count, total))})
    numbers = iter(chosen)
    while group := list(islice(numbers, batch)):
        samples = [dataset[number] for number in group]
        yield from zip(group, samples, finder(samples), strict=True)
