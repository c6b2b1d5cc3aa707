"""Measures of hand benchmarks, exact to their protocols."""

from hand_recon_train.metrics.classes import (
    AccelerationError,
    Alignment,
    FScore,
    Pck2d,
    PckAuc,
    PositionError,
    RelativeRootError,
)

__all__ = [
    "AccelerationError",
    "Alignment",
    "FScore",
    "Pck2d",
    "PckAuc",
    "PositionError",
    "RelativeRootError",
]
