"""Progress on stderr, so that stdout stays clean."""

from __future__ import annotations

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn


def stderr() -> Console:
    """A console on whatever stderr is now."""
    return Console(stderr=True)


def frame_progress(unit: str = "Frames") -> Progress:
    """A progress display of frames or another unit; their number may be unknown."""
    columns = TextColumn(unit), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    return Progress(*columns, console=stderr())
