"""Times of functions that take turns, and how many times one takes the other's: a busy machine is busy for all."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

PAUSE_S = 0.01
"""Between turns, in which the threads of the last one stop waiting for work."""


class Sample(NamedTuple):
    """One call: milliseconds by the clock, and of the processor in all threads together."""

    wall_ms: float
    cpu_ms: float


Lap = Callable[[], list[Sample]]
"""One turn: some calls."""


@dataclass(frozen=True)
class Series:
    """Times (R, C) in milliseconds of C calls in each of R rounds."""

    wall: Array
    cpu: Array

    @property
    def wall_ms(self) -> float:
        """Mean of a round, the median of those: not every frame costs the same, and rounds can be disturbed."""
        return float(np.median(self.wall.mean(axis=1)))

    @property
    def cpu_ms(self) -> float:
        """The same of the processor's time."""
        return float(np.median(self.cpu.mean(axis=1)))

    @property
    def median_ms(self) -> float:
        """Of all calls."""
        return float(np.median(self.wall))

    @property
    def p95_ms(self) -> float:
        """Of all calls."""
        return float(np.percentile(self.wall, 95))


class Ratio(NamedTuple):
    """One series over another, round by round."""

    median: float
    lowest: float
    highest: float


def sample(call: Callable[[], object]) -> Sample:
    """Time one call."""
    wall, cpu = time.perf_counter(), time.process_time()
    call()
    return Sample(1e3 * (time.perf_counter() - wall), 1e3 * (time.process_time() - cpu))


def repeated(call: Callable[[], object], times: int = 1) -> Lap:
    """A turn of so many calls of one function."""
    return lambda: [sample(call) for _ in range(times)]


def in_turn(laps: Mapping[str, Lap], rounds: int, warm_up: int = 1) -> dict[str, Series]:
    """Each function's times when they take turns: A B A B and so on; the first rounds are not counted."""
    taken: dict[str, list[list[Sample]]] = {name: [] for name in laps}
    for _ in range(rounds + warm_up):
        for name, lap in laps.items():
            time.sleep(PAUSE_S)
            taken[name].append(lap())
    return {name: series(of_one[warm_up:]) for name, of_one in taken.items()}


def series(rounds: list[list[Sample]]) -> Series:
    """Rounds of samples as arrays."""
    times = np.array(rounds, np.float64)
    return Series(times[..., 0], times[..., 1])


def ratio(ours: Series, theirs: Series) -> Ratio:
    """How many times as long ours takes, of each round's means: median, lowest and highest."""
    each = ours.wall.mean(axis=1) / theirs.wall.mean(axis=1)
    return Ratio(float(np.median(each)), float(each.min()), float(each.max()))
