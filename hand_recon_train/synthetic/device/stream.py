"""Rendered hands drawn by worker processes and rendered on a device, batch by batch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import count
from typing import NamedTuple

import cv2
import torch
from torch.utils.data import DataLoader, Dataset, get_worker_info

from hand_recon_train.synthetic.device.batch import Batch, Parcel, pack, unpack
from hand_recon_train.synthetic.device.batching import batch_of
from hand_recon_train.synthetic.device.renderer import DeviceRenderer, Pictures, compressed
from hand_recon_train.synthetic.drawing import Drawing, Recipe

AHEAD = 2
"""Batches that each worker draws before they are asked for."""


class Labelled(NamedTuple):
    """Pictures, and the batch they are of, whose `truth`, `cameras` and `known` label them; both on the device."""

    pictures: Pictures
    batch: Batch


class DeviceStream:
    """All samples of a recipe, batch after batch without end, as their JPEG files would show them, on a device.

    Sample i is that of Renderer, its truth exactly, its picture nearly.
    """

    def __init__(
        self, recipe: Recipe, device: torch.device, batch: int = 128, workers: int = 2, start: int = 0
    ) -> None:
        """Begin with sample `start`; `workers` processes draw, none means this one.

        Raises:
            ValueError: a batch without samples.
        """
        if batch < 1:
            raise ValueError(f"expected at least one sample a batch, got {batch}")
        self._recipe, self._device, self._workers = recipe, device, workers
        self._batch, self._start = batch, start

    def __iter__(self) -> Iterator[Labelled]:
        parts = (range(first, first + self._batch) for first in count(self._start, self._batch))
        for pictures, batch in render_parts(self._recipe, parts, self._device, self._workers):
            yield Labelled(compressed(pictures, batch), batch)


def render_parts(
    recipe: Recipe, parts: Iterable[range], device: torch.device, workers: int = 0
) -> Iterator[tuple[Pictures, Batch]]:
    """Parts of a recipe's samples, in order, before JPEG."""
    renderer = DeviceRenderer(device)
    for parcel in draw_parts(recipe, parts, workers, pinned=device.type == "cuda"):
        batch = unpack(parcel, device)
        yield renderer(batch), batch


def draw_parts(recipe: Recipe, parts: Iterable[range], workers: int = 0, pinned: bool = False) -> Iterator[Parcel]:
    """Parts of a recipe's samples as parcels, in order, drawn by worker processes if there are any."""
    loader: DataLoader[Parcel] = DataLoader(
        _Draws(recipe),
        batch_size=None,
        sampler=parts,
        num_workers=workers,
        # Not forked: threads of the libraries that are loaded here would not survive that.
        multiprocessing_context="spawn" if workers else None,
        prefetch_factor=AHEAD if workers else None,
        pin_memory=pinned,
    )
    return iter(loader)


class _Draws(Dataset[Parcel]):
    """A recipe's samples by ranges of indices."""

    def __init__(self, recipe: Recipe) -> None:
        self._recipe = recipe
        self._drawing: Drawing | None = None

    def __getitem__(self, part: range) -> Parcel:
        if self._drawing is None:
            self._drawing = Drawing(self._recipe)
            if get_worker_info():
                cv2.setNumThreads(0)
        return pack(batch_of([self._drawing(index) for index in part]))
