"""Distances between found and true joints, and what is usually said of them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.floating]

AUC_LIMIT_M = 0.05


def joint_errors(found: Array, truth: Array) -> Array:
    """Euclidean distance of each joint (N, K) from its truth; both (N, K, 3). Its mean is the MPJPE."""
    return np.linalg.norm(found - truth, axis=2)


def pck(errors: Array, thresholds: Array) -> Array:
    """Percentage of correct keypoints: share (0 to 1) of errors up to each threshold (T,); NaN without errors."""
    if not errors.size:
        return np.full(len(thresholds), np.nan)
    return np.searchsorted(np.sort(errors, axis=None), thresholds, side="right") / errors.size


def pck_auc(errors: Array, limit: float = AUC_LIMIT_M) -> float:
    """Area under the PCK curve from 0 to a limit, divided by the limit; NaN without errors.

    Exact, not sampled: a joint with error e is correct over the part (limit - e) / limit of the range.
    """
    return float(np.clip(1 - errors / limit, 0, None).mean()) if errors.size else float("nan")
