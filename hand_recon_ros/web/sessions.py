"""Files of the people who look at the page: everybody has those of their newest picture, until they leave."""

from __future__ import annotations

import secrets
import shutil
import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

MAX_SESSIONS = 64
"""People whose files are kept at once; the one who sent a picture longest ago gives way."""


@dataclass(frozen=True)
class Kept:
    """The picture that somebody sent and the folder with what became of it."""

    upload: Path
    results: Path


class SessionFiles:
    """Removes files when nobody looks at them any more; may be used from any thread.

    Args:
        uploads: folder where sent pictures arrive. Two people who send the same picture share its file there.
        results: folder where only this object writes.
    """

    def __init__(self, uploads: Path, results: Path):
        self._uploads, self._results = uploads.resolve(), results
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, Kept] = OrderedDict()

    @contextmanager
    def run(self, session: str, upload: Path) -> Iterator[Path]:
        """A new folder for what becomes of a picture; what there was of the session goes, or all if it left meanwhile.

        Raises:
            OSError: the folder cannot be made.
        """
        mine = Kept(upload.resolve(), self._results / secrets.token_urlsafe(16))
        mine.results.mkdir(parents=True)
        with self._lock:
            gone = [self._kept.pop(session)] if session in self._kept else []
            self._kept[session] = mine
            if len(self._kept) > MAX_SESSIONS:
                gone.append(self._kept.popitem(last=False)[1])
        self._remove(gone)
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

    def _remove(self, gone: list[Kept]) -> None:
        for files in gone:
            shutil.rmtree(files.results, ignore_errors=True)
            with self._lock:
                shared = any(kept.upload == files.upload for kept in self._kept.values())
            if not shared and self._uploads in files.upload.parents:
                files.upload.unlink(missing_ok=True)
                with suppress(OSError):  # somebody else's file of another name lies beside it
                    files.upload.parent.rmdir()
