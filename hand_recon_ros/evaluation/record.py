"""The figures of a recording as plain JSON; docs/replay.md describes the fields."""

from __future__ import annotations

import math
from typing import Any

from hand_recon_ros.evaluation.accuracy import Accuracy, ErrorSummary
from hand_recon_ros.evaluation.evaluate import Comparison, Evaluation, SideFigures
from hand_recon_ros.types import BONES, Joint

DECIMALS = 5


def evaluation_record(evaluation: Evaluation) -> dict[str, Any]:
    """Figures as nested dicts of numbers; None where there was nothing to measure."""
    observed = evaluation.observations
    record = {
        "images": len(observed.image_stamps_ns),
        "results": len(observed.result_stamps_ns),
        "image_rate_hz": evaluation.image_rate_hz,
        "result_rate_hz": evaluation.result_rate_hz,
        "latency_ms": evaluation.latency_ms,
        "sides": {side.name.lower(): _side(figures) for side, figures in evaluation.sides.items()},
        "reference": None if evaluation.comparison is None else _comparison(evaluation.comparison),
    }
    return finite(record)


def finite(value: Any) -> Any:
    """The same structure with numbers rounded, and None in place of those that are not finite."""
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [finite(item) for item in value]
    if isinstance(value, float):
        return round(value, DECIMALS) if math.isfinite(value) else None
    return value


def _side(figures: SideFigures) -> dict[str, Any]:
    gaps = figures.presence.drop_outs
    return {
        "hands": figures.hands,
        "tracks": figures.tracks,
        "pictures": figures.presence.pictures,
        "detection_share": figures.presence.share,
        "drop_outs": len(gaps),
        "longest_gap_s": figures.presence.longest_gap_s,
        "bone_length_spread": dict(zip(map(bone_name, BONES), figures.bone_spread.tolist(), strict=True)),
        "jitter_at_rest_mm": figures.jitter.rms_mm,
        "rest_samples": figures.jitter.rest_samples,
    }


def _comparison(comparison: Comparison) -> dict[str, Any]:
    return {
        "all": _accuracy(comparison.overall),
        **{side.name.lower(): _accuracy(accuracy) for side, accuracy in comparison.sides.items()},
    }


def _accuracy(accuracy: Accuracy) -> dict[str, Any]:
    return {
        "reference_hands": accuracy.reference_hands,
        "matched": accuracy.matched,
        "recall": accuracy.recall,
        **{name: _errors(summary) for name, summary in accuracy.errors.items()},
    }


def _errors(summary: ErrorSummary) -> dict[str, Any]:
    return {
        "mpjpe_mm": summary.mean_mm,
        "median_mm": summary.median_mm,
        "auc_0_50_mm": summary.auc,
        "per_joint_mm": {joint.name.lower(): summary.per_joint_mm[joint] for joint in Joint},
    }


def bone_name(bone: tuple[int, int]) -> str:
    """A bone by the joint at its far end, as in "index_pip"."""
    return Joint(bone[1]).name.lower()
