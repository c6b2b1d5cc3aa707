"""One thing that was looked at."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Level(Enum):
    """How good it is."""

    GOOD = "good"
    NOTE = "note"  # not needed by everybody
    BAD = "bad"


@dataclass(frozen=True)
class Finding:
    """What was found, and what to do about it where that is not obvious."""

    subject: str
    level: Level
    found: str
    advice: str = ""
