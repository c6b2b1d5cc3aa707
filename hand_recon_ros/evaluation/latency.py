"""Rates, and percentiles of the time each stage takes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from hand_recon_ros.evaluation.hand_samples import Stamps

STAGES = ("decode", "detect", "reconstruct", "postprocess", "total")
PERCENTILES = (50, 95, 99)


def rate_hz(stamps_ns: Stamps) -> float:
    """Mean rate of sorted stamps (T,); NaN for fewer than two."""
    if len(stamps_ns) < 2 or stamps_ns[-1] == stamps_ns[0]:
        return float("nan")
    return (len(stamps_ns) - 1) / float((stamps_ns[-1] - stamps_ns[0]) / 1e9)


def latency_percentiles(latency_ms: npt.NDArray[np.floating]) -> dict[str, dict[str, float]]:
    """Percentiles p50, p95 and p99 of each stage, from times (R, 5) in the order of STAGES; NaN without times.

    A percentile is linearly interpolated between the two nearest times.
    """
    values = latency_ms if len(latency_ms) else np.full((1, len(STAGES)), np.nan)
    table = np.percentile(values, PERCENTILES, axis=0)
    return {
        stage: {f"p{percent}": float(table[k, s]) for k, percent in enumerate(PERCENTILES)}
        for s, stage in enumerate(STAGES)
    }
