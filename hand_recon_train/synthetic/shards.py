"""Rendered hands on disk: WebDataset shards (https://github.com/webdataset/webdataset), written whole and resumable.

`shard-000000.tar` and on, each of `per_shard` samples, and `manifest.json`, which says what they are made of. A run
that was killed goes on with the first shard that is missing. Two runs never write to one folder.
"""

from __future__ import annotations

import fcntl
import io
import tarfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import cv2

from hand_recon_ros.atomic import written_whole
from hand_recon_train.datasets.files import DamagedFile
from hand_recon_train.datasets.sample import Sample
from hand_recon_train.synthetic.plan import Plan, check_manifest, manifest_of, read_manifest
from hand_recon_train.synthetic.records import from_files, to_files
from hand_recon_train.synthetic.renderer import Recipe, Renderer

AT_ONCE, ON_DEVICE = 16, 64
"""Samples that a worker renders before it hands them over; samples that a device renders at once at most."""
PIXELS = ON_DEVICE * 224**2
"""Of all pictures that a device renders at once, at most: larger ones are fewer."""
MAX_BYTES = 1 << 24


def write_shards(
    plan: Plan,
    out: Path,
    workers: int = 1,
    advanced: Callable[[int], None] = lambda count: None,
    device: str | None = None,
) -> int:
    """Write the shards that are not there yet; how many samples were rendered.

    Args:
        plan: what to write; the same plan gives the same bytes with any number of workers.
        out: folder, made if need be.
        workers: processes that render, or that draw for a device.
        advanced: called with numbers of samples that are done, found or rendered.
        device: "cpu", "cuda" or "cuda:1", where PyTorch renders batches; None renders by compiled loops.

    Raises:
        ValueError: the folder holds shards of something else, or another run writes to it.
        OSError: it cannot be written; whole shards stay.
    """
    out.mkdir(parents=True, exist_ok=True)
    with _alone_in(out):
        check_manifest(manifest_of(plan, device), out)
        for leftover in out.glob(".shard-*.partial.tar"):
            leftover.unlink()
        todo = [k for k in range(plan.shards) if not shard_path(out, k).is_file()]
        rendered = sum(len(plan.samples(k)) for k in todo)
        advanced(plan.count - rendered)
        parts = [plan.samples(k) for k in todo]
        rendering = _on_device(plan.recipe, parts, device, workers) if device else _rendering(plan.recipe, workers)
        with rendering as render:
            for shard, samples in zip(todo, parts, strict=True):
                _write_shard(shard_path(out, shard), render(samples), advanced)
    return rendered


def shard_path(folder: Path, number: int) -> Path:
    """Where a shard lies."""
    return folder / f"shard-{number:06d}.tar"


Files = tuple[int, dict[str, bytes]]


def _write_shard(path: Path, samples: Iterator[Files], advanced: Callable[[int], None]) -> None:
    with written_whole(path) as partial, tarfile.open(partial, "w", format=tarfile.USTAR_FORMAT) as tar:
        for index, files in samples:
            for ending, data in files.items():
                entry = tarfile.TarInfo(f"{index:09d}.{ending}")
                entry.size = len(data)
                tar.addfile(entry, io.BytesIO(data))
            advanced(1)


@contextmanager
def _rendering(recipe: Recipe, workers: int) -> Iterator[Callable[[range], Iterator[Files]]]:
    """A function that renders a range of samples in order, in this process or in several."""
    if workers == 1:
        renderer = Renderer(recipe)
        yield lambda indices: ((index, to_files(renderer(index))) for index in indices)
        return
    # Not forked: threads of the libraries that are loaded here would not survive that.
    with get_context("spawn").Pool(workers, _start_worker, (recipe,)) as pool:
        yield lambda indices: (files for part in pool.imap(_render_part, _parts(indices, AT_ONCE)) for files in part)


@contextmanager
def _on_device(
    recipe: Recipe, shards: Sequence[range], device: str, workers: int
) -> Iterator[Callable[[range], Iterator[Files]]]:
    """As _rendering, on a device, and without a stop between shards; they must be asked for in this order."""
    from hand_recon_train.synthetic.device.filing import render_files  # PyTorch is loaded for this alone

    at_once = max(1, min(ON_DEVICE, PIXELS // recipe.size**2))
    parts = [part for shard in shards for part in _parts(shard, at_once)]
    with render_files(recipe, parts, device, workers) as files:
        yield lambda indices: islice(files, len(indices))


def _parts(indices: range, most: int) -> list[range]:
    return [indices[k : k + most] for k in range(0, len(indices), most)]


_worker: list[Renderer] = []


def _start_worker(recipe: Recipe) -> None:
    cv2.setNumThreads(0)
    _worker[:] = [Renderer(recipe)]


def _render_part(indices: range) -> list[Files]:
    return [(index, to_files(_worker[0](index))) for index in indices]


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Hold the folder's lock, which the system drops when a run is killed."""
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise ValueError(f"expected {folder} to be free, another run writes to it; wait or take another") from None
        yield


class RenderedShards:
    """Shards read back, map-style; a `HandDataset`."""

    def __init__(self, folder: Path) -> None:
        """Open a folder.

        Raises:
            FileNotFoundError, ValueError: it holds no shards, or they are not complete.
        """
        manifest = read_manifest(folder)
        self._folder, self._count, self._per_shard = folder, int(manifest["count"]), int(manifest["per_shard"])
        shards = -(-self._count // self._per_shard)
        missing = [shard_path(folder, k).name for k in range(shards) if not shard_path(folder, k).is_file()]
        if missing:
            raise ValueError(f"expected {shards} shards in {folder}, {missing[0]} is missing; run synth again to go on")

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: int) -> Sample:
        """One sample, read from disk.

        Raises:
            DamagedFile: its files are damaged.
            IndexError: no such sample.
        """
        if not 0 <= index < self._count:
            raise IndexError(index)
        path, key = shard_path(self._folder, index // self._per_shard), f"{index:09d}"
        places = _members(path).get(key, {})
        with path.open("rb") as file:
            files = {ending: _bytes_at(file, *place) for ending, place in places.items()}
        return from_files(files, f"{path}, sample {key}")


@lru_cache(maxsize=64)
def _members(path: Path) -> dict[str, dict[str, tuple[int, int]]]:
    """Offset and size of each file of a shard, by key and ending."""
    places: dict[str, dict[str, tuple[int, int]]] = {}
    try:
        with tarfile.open(path, "r:") as tar:
            for entry in tar:
                key, _, ending = entry.name.partition(".")
                places.setdefault(key, {})[ending] = entry.offset_data, min(entry.size, MAX_BYTES)
    except tarfile.TarError as error:
        raise DamagedFile(f"expected a tar archive in {path}, cannot read it: {error}; delete it and go on") from error
    return places


def _bytes_at(file: Any, offset: int, size: int) -> bytes:
    file.seek(offset)
    return bytes(file.read(size))
