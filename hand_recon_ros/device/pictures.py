"""Pictures on the device, each uploaded once, with their halvings behind them in one block of memory."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

from hand_recon_ros.device.graphs import Record, Run
from hand_recon_ros.pipeline.view import View

FIRST_PIXELS = 2**24
"""Pixels that fit before the block must grow: six cameras of 1920 x 1080, 48 MiB."""
LEVELS = 5
"""A picture and four halvings, to a sixteenth: as far as `pipeline.cropping` keeps them aligned."""


@dataclass(frozen=True)
class Level:
    """A picture or one of its halvings: its first pixel in the block, its size, and pixels of the picture a pixel."""

    base: int
    width: int
    height: int
    scale: int


@dataclass(frozen=True)
class Placed:
    """Where a picture of shape (height, width) lies."""

    shape: tuple[int, int]
    levels: tuple[Level, ...]

    def level(self, halvings: int) -> Level:
        """The picture after so many halvings, or as many as there are."""
        return self.levels[min(halvings, len(self.levels) - 1)]


@dataclass
class Slot:
    """One camera's place: what it shows, and whether the halvings are of that, too."""

    placed: Placed
    staging: Tensor
    halve: Run
    shown: View | None = None
    halved: bool = False


class Pictures:
    """The last picture of every camera.

    Each camera keeps its place from call to call. A new camera, or another size, may need a larger block: `pixels` is
    then another tensor, and everything that was captured with the old one has to be captured again.
    """

    def __init__(self, device: torch.device, record: Record) -> None:
        self._device, self._record = device, record
        self._slots: dict[str, Slot] = {}
        self._end = 0
        self.pixels = torch.zeros((FIRST_PIXELS, 3), dtype=torch.uint8, device=device)
        """(P, 3) of all pictures and halvings."""

    def place(self, views: Sequence[View]) -> None:
        """Queue the upload of the pictures that are not there yet."""
        while not all(self._has_place(view) for view in views):
            for view in views:
                self._give_place(view)
        for view in views:
            slot = self._slots[view.name]
            if slot.shown is not view:
                self._upload(slot, view)

    def placed(self, view: View) -> Placed:
        """Where the picture of a view lies."""
        return self._slots[view.name].placed

    def halve(self, view: View) -> None:
        """Queue the halvings of a view's picture, if they are not there yet."""
        slot = self._slots[view.name]
        if not slot.halved:
            slot.halve()
            slot.halved = True

    def _upload(self, slot: Slot, view: View) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # that the picture may be read-only: it is only read
            slot.staging.copy_(torch.from_numpy(np.ascontiguousarray(view.frame.rgb)).view(-1, 3))
        base = slot.placed.levels[0].base
        self.pixels[base : base + len(slot.staging)].copy_(slot.staging, non_blocking=True)
        slot.shown, slot.halved = view, False

    def _has_place(self, view: View) -> bool:
        slot = self._slots.get(view.name)
        return slot is not None and slot.placed.shape == view.frame.rgb.shape[:2]

    def _give_place(self, view: View) -> None:
        """A place behind the others; where there is no room, or the old place is of another size, all must move."""
        if self._has_place(view):
            return
        if view.name in self._slots:
            self._slots, self._end = {}, 0
        shape = view.frame.rgb.shape[:2]
        levels = levels_of(shape, self._end)
        end = levels[-1].base + levels[-1].width * levels[-1].height
        if end > len(self.pixels):
            self.pixels = torch.zeros((2 * end, 3), dtype=torch.uint8, device=self._device)
            self._slots, levels, end = {}, levels_of(shape, 0), end - self._end
        pixels, self._end = self.pixels, end
        staging = torch.empty((shape[0] * shape[1], 3), dtype=torch.uint8, pin_memory=self._device.type == "cuda")
        halve = self._record(lambda: fill_levels(pixels, levels))
        self._slots[view.name] = Slot(Placed(shape, levels), staging, halve)


def levels_of(shape: tuple[int, int], base: int) -> tuple[Level, ...]:
    """A picture of shape (height, width) at a place in the block, and behind it its halvings."""
    (height, width), levels = shape, []
    for number in range(LEVELS):
        levels.append(Level(base, width, height, 2**number))
        base, height, width = base + height * width, height // 2, width // 2
        if not (height and width):
            break
    return tuple(levels)


def fill_levels(pixels: Tensor, levels: Sequence[Level]) -> None:
    """Average every level but the first from the one before, rounded as OpenCV does."""
    for finer, coarser in pairwise(levels):
        picture = _shown(pixels, finer)[: 2 * coarser.height, : 2 * coarser.width]
        blocks = picture.unflatten(0, (-1, 2)).unflatten(2, (-1, 2))
        total = blocks.sum(dim=(1, 3), dtype=torch.float32)
        _shown(pixels, coarser).copy_((total + 2) * 0.25)  # a copy into bytes cuts off what is behind the point


def _shown(pixels: Tensor, level: Level) -> Tensor:
    end = level.base + level.width * level.height
    return pixels[level.base : end].view(level.height, level.width, 3)
