"""Where samples come from: data sets on disk, or hands that are rendered as they are asked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from torch.utils.data import Dataset, Sampler

from hand_recon_train.batch import Batch
from hand_recon_train.datasets import HandDataset, HandModels, Sample, SkippingDamaged, open_dataset
from hand_recon_train.training.preparing import Preparation, tensors

RENDERED = "rendered"
Key = tuple[int, int]
"""Epoch and number of a sample: what all its random changes follow from."""


@dataclass(frozen=True)
class Source:
    """A data set or rendered hands.

    Attributes:
        name: of the catalogue of data sets, or "rendered".
        root: folder of a data set.
        split: of a data set; None is its first.
        count: how many rendered samples an epoch has; of a data set, how many of its first samples are used (None all).
        seed: of rendered hands; training and validation must differ.
        backgrounds: pictures that are put behind rendered hands.
        two_handed: share of rendered pictures with a second hand.
    """

    name: str = RENDERED
    root: Path | None = None
    split: str | None = None
    count: int | None = None
    seed: int = 0
    backgrounds: tuple[Path, ...] = ()
    two_handed: float = 0.35


class RenderedHands:
    """An endless stream of rendered hands, cut to a length."""

    def __init__(self, source: Source, models: HandModels | None, size: int) -> None:
        """Prepare to render square pictures with sides of so many pixels."""
        from hand_recon_train.synthetic.renderer import Recipe, Renderer

        self._count = source.count or 100_000
        self._renderer = Renderer(Recipe(source.seed, size, tuple(source.backgrounds), models, source.two_handed))

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: int) -> Sample:
        return self._renderer(index).sample


class FirstOnes:
    """The first samples of a data set."""

    def __init__(self, samples: HandDataset, count: int) -> None:
        """Take so many."""
        self._samples, self._count = samples, min(count, len(samples))

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: int) -> Sample:
        if not 0 <= index < self._count:
            raise IndexError(index)
        return self._samples[index]


def open_source(source: Source, models: HandModels | None, size: int) -> HandDataset:
    """The samples of a source; rendered pictures have sides of so many pixels.

    Raises:
        ValueError: no folder is given for a data set, or as open_dataset.
        FileNotFoundError: a file of a data set is not there.
    """
    if source.name == RENDERED:
        return RenderedHands(source, models, size)
    if source.root is None:
        raise ValueError(f"expected the folder of {source.name}, got none; set root in the configuration")
    samples: HandDataset = SkippingDamaged(open_dataset(source.name, source.root, source.split, models))
    return samples if source.count is None else FirstOnes(samples, source.count)


class PreparedHands(Dataset[Batch]):
    """Samples as one network takes them; every random change follows from seed, epoch and number alone."""

    def __init__(self, samples: HandDataset, preparation: Preparation, seed: int, first_hand: bool = False) -> None:
        """Prepare samples; with first_hand, networks for one hand get the first of each."""
        self.samples, self._preparation = samples, preparation
        self._seed, self._hand = seed, 0 if first_hand else None

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, key: Key) -> Batch:
        epoch, number = key
        # A stream has new pictures in every epoch.
        fresh = isinstance(self.samples, RenderedHands)
        sample = self.samples[epoch * len(self) + number if fresh else number]
        rng = np.random.default_rng((self._seed, epoch, number))
        return tensors(self._preparation(sample, rng, self._hand), number)


class EpochOrder(Sampler[list[Key]]):
    """Batches of keys in an order that follows from seed and epoch, shared out among processes, from any batch on.

    W processes with batches of B see in every step what one process with batches of W B sees.
    """

    def __init__(
        self, count: int, batch: int, seed: int, rank: int = 0, world: int = 1, epoch: int = 0, done: int = 0
    ) -> None:
        """Begin in an epoch of which some batches are done; an incomplete last batch is left out.

        Raises:
            ValueError: there are fewer samples than one step takes.
        """
        if count < batch * world:
            raise ValueError(
                f"expected at least {batch * world} samples, {batch} for each of {world} processes, got {count}; "
                "take smaller batches"
            )
        self._count, self._batch, self._seed, self._rank, self._world = count, batch, seed, rank, world
        self._epoch, self._resumed = epoch, (epoch, done)

    @property
    def sampler(self) -> EpochOrder:
        """Where Lightning looks for what it tells the epoch."""
        return self

    def set_epoch(self, epoch: int) -> None:
        """Take the order of another epoch from the next iteration on."""
        self._epoch = epoch

    def __len__(self) -> int:
        return self._count // (self._batch * self._world)

    def __iter__(self) -> Iterator[list[Key]]:
        epoch = self._epoch
        order = np.random.default_rng((self._seed, epoch)).permutation(self._count)
        step, start = self._batch * self._world, self._batch * self._rank
        first = self._resumed[1] if epoch == self._resumed[0] else 0
        for batch in range(first, len(self)):
            at = batch * step + start
            yield [(epoch, int(number)) for number in order[at : at + self._batch]]
