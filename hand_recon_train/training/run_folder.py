"""The folder of a run: one at a time, and checkpoints in it that are whole or the ones before."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch.plugins.io import TorchCheckpointIO

from hand_recon_ros.atomic import written_whole

CHECKPOINTS, LAST, LOCK = "checkpoints", "last.ckpt", "run.lock"
RANKS = ("RANK", "LOCAL_RANK", "SLURM_PROCID")


def is_first_process() -> bool:
    """Whether this is the process that owns the folder, of those that a launcher started."""
    return all(os.environ.get(name, "0") == "0" for name in RANKS)


@contextmanager
def run_folder(folder: Path, resume: bool) -> Iterator[Path | None]:
    """Own a folder for a run, made where it is missing, and give the checkpoint to go on from.

    Raises:
        ValueError: another process trains in it, it holds a run that was not to be resumed, or none that could be.
    """
    folder.mkdir(parents=True, exist_ok=True)
    last = folder / CHECKPOINTS / LAST
    if not is_first_process():
        yield last if resume else None
        return
    with (folder / LOCK).open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.seek(0)
            owner = lock.read(20).strip() or "unknown"
            raise ValueError(
                f"expected a folder without a run, process {owner} trains in {folder}; choose another with --out"
            ) from None
        if last.exists() and not resume:
            raise ValueError(
                f"expected an empty folder for a new run, {last} is there; go on with --resume or choose another --out"
            )
        if resume and not last.exists():
            raise ValueError(f"expected the checkpoint {last} to resume from, it is not there; leave --resume out")
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield last if resume else None


class WholeCheckpoints(TorchCheckpointIO):
    """Checkpoints that take the place of earlier ones only when they are complete on disk."""

    def save_checkpoint(self, checkpoint: dict[str, Any], path: Any, storage_options: Any | None = None) -> None:
        """Save beside, then rename.

        Raises:
            OSError: the disk is full, say; an earlier checkpoint of the name is as it was.
        """
        target = Path(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            with written_whole(target) as partial, partial.open("wb") as file:
                torch.save(checkpoint, file)
                file.flush()
                os.fsync(file.fileno())
        except (OSError, RuntimeError) as error:
            kept = "the one before is kept" if target.exists() else "there is none before it"
            raise OSError(
                f"expected room for the checkpoint {target}, writing it failed ({error}); {kept}: free space, then "
                "go on with --resume"
            ) from error

    def load_checkpoint(
        self,
        path: Any,
        map_location: Callable[..., Any] | None = lambda storage, _: storage,
        weights_only: bool | None = None,
    ) -> dict[str, Any]:
        """Load tensors and plain values only.

        Raises:
            FileNotFoundError: there is no file.
        """
        return super().load_checkpoint(path, map_location, weights_only)
