"""Hands of numbers for the tests of metrics."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from hand_recon_ros.evaluation.hand_samples import HandSamples, hand_samples
from hand_recon_ros.types import Side

MS = 1_000_000


def random_joints(count: int, seed: int = 0) -> npt.NDArray[np.float64]:
    return np.random.default_rng(seed).normal(scale=0.05, size=(count, 21, 3)) + [0, 0, 0.5]


def track(
    stamps_ms: list[int], joints: npt.NDArray[np.floating], side: Side = Side.RIGHT, number: int = 1
) -> HandSamples:
    """Hands of one track at times in milliseconds."""
    return hand_samples((stamp * MS, side, number, hand) for stamp, hand in zip(stamps_ms, joints, strict=True))


def point_sets(hands: int = 3, points: int = 21) -> st.SearchStrategy[npt.NDArray[np.float64]]:
    """Points of hands in metres; spread out, as a jitter of fixed points, so that no alignment is ill-defined."""
    jitter = arrays(np.float64, (hands, points, 3), elements=st.floats(-0.02, 0.02))
    base = np.random.default_rng(5).normal(scale=0.06, size=(hands, points, 3))
    return jitter.map(lambda offsets: base + offsets)
