"""The compiler of the inner loops."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

try:
    from numba import njit
except ImportError as error:  # pragma: no cover
    raise ImportError("rendering training hands needs numba; pip install 'hand_recon_ros[train]'") from error


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """The function as machine code, kept on disk between runs; exact arithmetic, so that seeds give equal bytes."""
    return njit(cache=True, nogil=True, error_model="numpy")(function)
