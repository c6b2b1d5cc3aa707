"""Batches of any size through the stages: rows up, graphs one after the other, rows down."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from hand_recon_ros.device import stages
from hand_recon_ros.device.graphs import BUCKETS, Exchange, Record, Run, bucket_for, recorder
from hand_recon_ros.device.layout import ASKED, SAMPLED
from hand_recon_ros.device.pictures import Pictures
from hand_recon_ros.device.rays import RayMaps
from hand_recon_ros.device.stages import Parts

Rows = npt.NDArray[Any]


class Batch:
    """The fixed memory of batches up to one size, and the graphs that were captured on it."""

    def __init__(
        self, size: int, parts: Parts, pixels: Tensor, maps: Tensor, device: torch.device, record: Record
    ) -> None:
        self.boxes, self.detected = Exchange(size, SAMPLED, device), Exchange(size, stages.DETECTED, device)
        self.asked, self.hands = Exchange(size, ASKED, device), Exchange(size, parts.layout, device)
        asked, hands = self.asked.device_rows, self.hands.device_rows
        self._functions: dict[str, Run] = {
            "detect": partial(stages.detect, parts, pixels, self.boxes.device_rows, self.detected.device_rows),
            "look": partial(stages.look, parts, pixels, asked, hands),
            "fit": partial(stages.fit, parts, maps, asked, hands),
            "go on": partial(stages.go_on, parts, hands),
            "mesh": partial(stages.mesh, parts, hands),
        }
        self._recorded: dict[str, Run] = {}
        self._record = record

    @torch.inference_mode()
    def run(self, given: Exchange, rows: Rows, names: Sequence[str], wanted: Exchange) -> Rows:
        """Send rows, run stages by name, and fetch what came of them."""
        recorded = [self._stage(name) for name in names]  # first, since recording runs them on what is there
        given.send(rows)
        for stage in recorded:
            stage()
        return wanted.fetch(len(rows))

    @torch.inference_mode()
    def stages(self) -> dict[str, Run]:
        """Every stage by its name, over what the memory holds."""
        return {name: self._stage(name) for name in self._functions}

    def _stage(self, name: str) -> Run:
        if name not in self._recorded:
            self._recorded[name] = self._record(self._functions[name])
        return self._recorded[name]


class Work:
    """Runs the stages over rows; a stateful object for one thread.

    Attributes:
        parts: what the stages compute with.
        pictures, maps: what they look at.
    """

    def __init__(self, parts: Parts, device: torch.device) -> None:
        self.parts = parts
        self._device, self._record = device, recorder(device)
        self.pictures, self.maps = Pictures(device, self._record), RayMaps(device)
        self._pixels = self.pictures.pixels
        self._batches: dict[int, Batch] = {}

    def prepare(self, hands: int) -> None:
        """Capture what batches up to so many hands need, so that no frame has to wait for it."""
        if self._device.type == "cuda":
            for size in BUCKETS[: BUCKETS.index(bucket_for(hands)) + 1]:
                self.reconstruct(np.zeros(size, ASKED))
                self.go_on(np.zeros(size, self.parts.layout))
            self.detect(np.zeros(1, SAMPLED))

    def detect(self, boxes: Rows) -> Rows:
        """What the detector says of letterboxes (N, SAMPLED)."""
        return self._in_batches(boxes, lambda batch, rows: batch.run(batch.boxes, rows, ["detect"], batch.detected))

    def look(self, asked: Rows) -> Rows:
        """What the landmark network sees at rows (N, ASKED)."""
        return self._in_batches(asked, lambda batch, rows: batch.run(batch.asked, rows, ["look"], batch.hands))

    def reconstruct(self, asked: Rows) -> Rows:
        """The same, each fitted with a step and given its mesh."""
        names = ["look", "fit", "mesh"]
        return self._in_batches(asked, lambda batch, rows: batch.run(batch.asked, rows, names, batch.hands))

    def go_on(self, hands: Rows) -> Rows:
        """Hands after the remaining steps of their fit."""
        names = ["go on", "mesh"]
        return self._in_batches(hands, lambda batch, rows: batch.run(batch.hands, rows, names, batch.hands))

    def mesh(self, hands: Rows) -> Rows:
        """Hands with the meshes of their states, which the host has changed."""
        return self._in_batches(hands, lambda batch, rows: batch.run(batch.hands, rows, ["mesh"], batch.hands))

    def stages(self, count: int) -> dict[str, Run]:
        """The stages of batches of so many, by name, over what their memory holds now: to be measured."""
        return self._batch(count).stages()

    def _in_batches(self, rows: Rows, run: Callable[[Batch, Rows], Rows]) -> Rows:
        most = BUCKETS[-1]
        parts = [rows[start : start + most] for start in range(0, len(rows), most)]
        return np.concatenate([run(self._batch(len(part)), part) for part in parts])

    def _batch(self, count: int) -> Batch:
        if self._pixels is not self.pictures.pixels:
            self._batches, self._pixels = {}, self.pictures.pixels
        size = bucket_for(count)
        if size not in self._batches:
            memory = self._pixels, self.maps.maps, self._device
            self._batches[size] = Batch(size, self.parts, *memory, self._record)
        return self._batches[size]
