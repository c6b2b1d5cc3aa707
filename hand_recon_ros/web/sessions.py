"""Files of the people who look at the page: everybody has those of their newest picture, until they leave."""

from __future__ import annotations

import secrets
import shutil
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

MAX_SESSIONS = 64
"""People whose files are kept at once; the one who sent a picture longest ago gives way."""
MAX_AGE_S = 3600.0
"""A browser may vanish without a word, or send a picture and never ask for its hands: after so long, files go."""


@dataclass(frozen=True)
class Kept:
    """The picture that somebody sent, the folder with what became of it, and when that was."""

    upload: Path
    results: Path
    since_s: float


class SessionFiles:
    """Removes files when nobody looks at them any more; may be used from any thread.

    Args:
        uploads: folder where sent pictures arrive. Two people who send the same picture share its file there.
        results: folder where only this object writes.
        clock: seconds.
    """

    def __init__(self, uploads: Path, results: Path, clock: Callable[[], float] = time.monotonic):
        self.uploads, self._results, self._clock = uploads.resolve(), results, clock
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, Kept] = OrderedDict()

    @contextmanager
    def run(self, session: str, upload: Path) -> Iterator[Path]:
        """A new folder for what becomes of a picture; what there was of the session goes, or all if it left meanwhile.

        Raises:
            OSError: the folder cannot be made.
        """
        mine = Kept(upload.resolve(), self._results / secrets.token_urlsafe(16), self._clock())
        mine.results.mkdir(parents=True)
        self._remove(self._enter(session, mine))
        try:
            yield mine.results
        finally:
            if self._kept.get(session) is not mine:
                self._remove([mine])

    def leave(self, session: str) -> None:
        """Remove what there is of somebody."""
        with self._lock:
            gone = [self._kept.pop(session)] if session in self._kept else []
        self._remove(gone)

    def _enter(self, session: str, mine: Kept) -> list[Kept]:
        """Keep somebody's files; those that give way to them."""
        with self._lock:
            gone = [self._kept.pop(session)] if session in self._kept else []
            self._kept[session] = mine
            while len(self._kept) > MAX_SESSIONS or self._oldest().since_s < mine.since_s - MAX_AGE_S:
                gone.append(self._kept.popitem(last=False)[1])
        return gone

    def _oldest(self) -> Kept:
        return next(iter(self._kept.values()))

    def _remove(self, gone: list[Kept]) -> None:
        for files in gone:
            shutil.rmtree(files.results, ignore_errors=True)
            if self.uploads in files.upload.parents:
                self._remove_upload(files.upload)
        for upload in self.uploads.glob("*/*"):
            with suppress(OSError):  # somebody else removed it
                if upload.is_file() and time.time() - upload.stat().st_mtime > MAX_AGE_S:
                    self._remove_upload(upload)

    def _remove_upload(self, upload: Path) -> None:
        """Remove a picture unless somebody still has it."""
        with self._lock:
            if any(kept.upload == upload for kept in self._kept.values()):
                return
        upload.unlink(missing_ok=True)
        with suppress(OSError):  # a file of another name lies beside it
            upload.parent.rmdir()
