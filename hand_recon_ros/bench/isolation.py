"""Measuring in a process of its own, confined to some cores, so that no measurement leaves threads to the next."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


def usable_cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def isolated(cores: int | None, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """The result of a function in a new process that has so many cores, None for all; what it raises is raised."""
    with confined(cores), ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(function, *args, **kwargs).result()


@contextmanager
def confined(cores: int | None) -> Iterator[None]:
    """Keep this thread, and the processes that it starts, to its last so many cores; where the system can."""
    if cores is None or not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, sorted(before)[-cores:])  # the first one serves most interrupts
        yield
    finally:
        os.sched_setaffinity(0, before)
