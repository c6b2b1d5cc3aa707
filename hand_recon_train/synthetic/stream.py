"""Rendered hands as data sets: a fixed number of them, or without end."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import torch.distributed
from torch.utils.data import IterableDataset, get_worker_info

from hand_recon_train.datasets.sample import Sample
from hand_recon_train.synthetic.renderer import Recipe, Renderer


class RenderedHands:
    """The first samples of a recipe, map-style, rendered when asked for; a `HandDataset`."""

    def __init__(self, recipe: Recipe, count: int) -> None:
        """Take so many.

        Raises:
            ValueError: a count that is not positive.
        """
        if count < 1:
            raise ValueError(f"expected at least one sample, got {count}")
        self._renderer, self._count = Renderer(recipe), count

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: int) -> Sample:
        if not 0 <= index < self._count:
            raise IndexError(index)
        return self._renderer(index).sample


class RenderedStream(IterableDataset[Sample]):
    """All samples of a recipe, one after another without end.

    Workers of a data loader and ranks of a torch.distributed run share them out: each sample goes to one of them.
    """

    def __init__(self, recipe: Recipe, start: int = 0) -> None:
        """Begin with sample `start`, say where an interrupted training left off."""
        self._recipe, self._start = recipe, start

    def __iter__(self) -> Iterator[Sample]:
        first, step = _share()
        renderer = Renderer(self._recipe)
        index = self._start + first
        while True:
            yield renderer(index).sample
            index += step


def _share() -> tuple[int, int]:
    """Which of how many takers of samples this process is."""
    worker = get_worker_info()
    number, workers = (worker.id, worker.num_workers) if worker else (0, 1)
    if worker:
        cv2.setNumThreads(0)  # the workers are the threads; 1 would wait for threads that a fork left behind
    distributed = torch.distributed.is_available() and torch.distributed.is_initialized()
    rank, ranks = (torch.distributed.get_rank(), torch.distributed.get_world_size()) if distributed else (0, 1)
    return rank * workers + number, ranks * workers
