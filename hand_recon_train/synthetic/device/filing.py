"""Pictures of a device as files of samples."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from multiprocessing.pool import AsyncResult, ThreadPool
from typing import Any

import numpy.typing as npt
import torch

from hand_recon_ros.types import ByteImage
from hand_recon_train.synthetic.device.stream import render_parts
from hand_recon_train.synthetic.drawing import Recipe
from hand_recon_train.synthetic.records import to_files
from hand_recon_train.synthetic.renderer import finished
from hand_recon_train.synthetic.truth import Known, with_sight

Array = npt.NDArray[Any]
Files = tuple[int, dict[str, bytes]]


@contextmanager
def render_files(recipe: Recipe, parts: Sequence[range], device: str, workers: int) -> Iterator[Iterator[Files]]:
    """The files of parts of a recipe's samples, in order; `workers` processes draw, and as many threads encode."""
    with ThreadPool(workers) as pool, closing(_files(recipe, parts, torch.device(device), workers, pool)) as files:
        yield files


def _files(
    recipe: Recipe, parts: Sequence[range], device: torch.device, workers: int, pool: ThreadPool
) -> Generator[Files, None, None]:
    """While threads encode one part, the device renders the next."""
    before: list[AsyncResult[list[Files]]] = []
    for part, (pictures, batch) in zip(parts, render_parts(recipe, parts, device, workers), strict=True):
        values = (tensor.cpu().numpy() for tensor in pictures)
        before.append(pool.starmap_async(_filed, zip(part, batch.known, *values, strict=True)))
        if len(before) > 1:
            yield from before.pop(0).get()
    for encoded in before:
        yield from encoded.get()


def _filed(index: int, known: Known, image: ByteImage, labels: Array, visible: Array) -> Files:
    hands = with_sight(known, labels, list(visible[: len(known.hands)]))
    return index, to_files(finished(known, image, hands))
