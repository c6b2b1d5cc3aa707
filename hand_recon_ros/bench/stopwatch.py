"""A clock for stages that lie inside each other: what each takes by itself."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ParamSpec, TypeVar

import numpy as np
import numpy.typing as npt

from hand_recon_ros.bench.timing import Sample

Times = npt.NDArray[np.float64]
P = ParamSpec("P")
R = TypeVar("R")


class Stopwatch:
    """Times and counts stages of one thread; `lap` gives what came together since the last one."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        """How often each stage was entered since the last lap."""
        self.items: Counter[str] = Counter()
        """How many things it then worked on."""
        self._times: defaultdict[str, Times] = defaultdict(lambda: np.zeros(2))
        self._inside = np.zeros(2)

    @contextmanager
    def stage(self, name: str, items: int = 1) -> Iterator[None]:
        """Count the block to a stage, without the stages inside it."""
        outside, self._inside = self._inside, np.zeros(2)
        started = _now()
        try:
            yield
        finally:
            elapsed = _now() - started
            self._times[name] += elapsed - self._inside
            self._inside = outside + elapsed
            self.calls[name] += 1
            self.items[name] += items

    def timing(self, name: str, function: Callable[P, R]) -> Callable[P, R]:
        """The function, counted to a stage."""

        def timed(*args: P.args, **kwargs: P.kwargs) -> R:
            with self.stage(name):
                return function(*args, **kwargs)

        return timed

    def lap(self) -> dict[str, Sample]:
        """Times of each stage since the last lap; all counts begin anew."""
        times = {name: Sample(*(1e3 * seconds).tolist()) for name, seconds in self._times.items()}
        for counts in (self._times, self.items, self.calls):
            counts.clear()
        return times


def _now() -> Times:
    """Seconds by the clock, and of the processor."""
    return np.array([time.perf_counter(), time.process_time()])
