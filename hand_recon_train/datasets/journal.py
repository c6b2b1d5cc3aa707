"""What of a long job is done, on disk, so that a run that was killed goes on where it was.

A text file: the job in its first line, then the result of one item a line, all as JSON. A line that a kill cut short
counts as not there.
"""

from __future__ import annotations

import fcntl
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any


class Journal:
    """Results of the items of a job, in their order."""

    def __init__(self, results: list[Any], file: IO[bytes]) -> None:
        """Go on after some results in a file that stands at its end."""
        self.results, self._file = results, file

    def add(self, result: Any) -> None:
        """Keep the next item's result; once this returns it survives the death of this process."""
        _append(self._file, result)
        self.results.append(result)


@contextmanager
def opened_journal(path: Path, job: Mapping[str, Any]) -> Iterator[Journal]:
    """The journal of a job, new or with what is done; nobody else can open it meanwhile.

    Raises:
        ValueError: it is of another job, another process works at it, or it is no journal.
    """
    with path.open("a+b") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise ValueError(f"expected {path.parent} to be free, another run writes to it; wait for that") from None
        first, *results = _lines(file, path) or [dict(job)]
        off = [f"{key} {first.get(key)!r} instead of {job[key]!r}" for key in job if first.get(key) != job[key]]
        if off:
            raise ValueError(f"expected the same job in {path}, it has {', '.join(off)}; take another folder")
        if not file.tell():
            _append(file, job)
        yield Journal(results, file)


def _lines(file: IO[bytes], path: Path) -> list[Any]:
    """Values of the whole lines; the file then ends, and stands, behind them."""
    file.seek(0)
    content = file.read()
    whole = content[: content.rfind(b"\n") + 1]
    file.truncate(len(whole))
    file.seek(len(whole))
    try:
        values = [json.loads(line) for line in whole.splitlines()]
    except ValueError as error:
        raise ValueError(f"expected a journal in {path}, cannot read it: {error}; take another folder") from error
    if values and not isinstance(values[0], dict):
        raise ValueError(f"expected a journal in {path}, its first line names no job; take another folder")
    return values


def _append(file: IO[bytes], value: Any) -> None:
    file.write(json.dumps(value).encode() + b"\n")
    file.flush()
