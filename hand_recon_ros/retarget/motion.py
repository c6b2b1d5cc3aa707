"""How a robot's joints may move from one command to the next."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.floating]


@dataclass(frozen=True)
class MotionLimits:
    """What N joints may do.

    Attributes:
        lower, upper: (N,) rad, or m for joints that slide.
        speed: (N,) rad/s or m/s.

    Raises:
        ValueError: bounds in the wrong order, or a speed that is not positive; NaN is neither.
    """

    lower: Array
    upper: Array
    speed: Array

    def __post_init__(self) -> None:
        if not (self.lower <= self.upper).all():
            raise ValueError(f"expected lower limits below upper ones, got {self.lower} and {self.upper}")
        if not (self.speed > 0).all():
            raise ValueError(f"expected positive speeds, got {self.speed}")


def limited_step(before: Array, wanted: Array, limits: MotionLimits, seconds: float) -> Array:
    """Positions (N,) as near to the wanted ones as limits and time allow, each joint on its own.

    Args:
        before: (N,) positions within the limits.
        wanted: (N,) positions.
        limits: of position and speed.
        seconds: since the positions before, not negative.
    """
    reach = limits.speed * seconds
    nearest = np.clip(wanted, limits.lower, limits.upper)
    return np.asarray(np.clip(nearest, before - reach, before + reach))
