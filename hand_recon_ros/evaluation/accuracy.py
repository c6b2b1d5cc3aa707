"""Errors of found hands against reference joints."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hand_recon_ros.evaluation.alignment import Array, from_root, similarity_aligned
from hand_recon_ros.evaluation.joint_error import joint_errors, pck_auc

ALIGNMENTS = {
    "camera": lambda found, truth: joint_errors(found, truth),
    "root": lambda found, truth: joint_errors(from_root(found), from_root(truth)),
    "procrustes": lambda found, truth: joint_errors(similarity_aligned(found, truth), truth),
}
"""Errors (N, K) in the camera frame, after moving the wrists together, and after the best similarity transform."""


@dataclass(frozen=True)
class ErrorSummary:
    """Errors after one alignment; NaN without hands.

    Attributes:
        mean_mm: mean per-joint position error (MPJPE).
        median_mm: median over hands of the mean over a hand's joints.
        auc: area under the PCK curve from 0 to 50 mm, 0 to 1.
        per_joint_mm: (21,) mean error of each joint.
    """

    mean_mm: float
    median_mm: float
    auc: float
    per_joint_mm: tuple[float, ...]


@dataclass(frozen=True)
class Accuracy:
    """How near found hands are to the reference, and how many of the reference were found.

    Attributes:
        reference_hands: reference hands at the time of a picture.
        matched: those with a found hand of the same side.
        errors: summary for each of ALIGNMENTS.
    """

    reference_hands: int
    matched: int
    errors: dict[str, ErrorSummary]

    @property
    def recall(self) -> float:
        """Share of the reference hands that were found; NaN without any."""
        return self.matched / self.reference_hands if self.reference_hands else float("nan")


def measure_accuracy(found: Array, truth: Array, reference_hands: int) -> Accuracy:
    """Summaries of matched hands.

    Args:
        found: (M, 21, 3) metres in the camera frame.
        truth: (M, 21, 3), the reference of each.
        reference_hands: matched or not.
    """
    errors = {name: summarise(measure(found, truth)) for name, measure in ALIGNMENTS.items()}
    return Accuracy(reference_hands, len(found), errors)


def summarise(errors: Array) -> ErrorSummary:
    """Summary of errors (M, K) in metres."""
    if not len(errors):
        nothing = float("nan")
        return ErrorSummary(nothing, nothing, nothing, (nothing,) * errors.shape[1])
    mm = 1e3 * errors
    per_joint = tuple(mm.mean(axis=0).tolist())
    return ErrorSummary(float(mm.mean()), float(np.median(mm.mean(axis=1))), pck_auc(errors), per_joint)
