"""Which pictures of a recording are worth showing."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from hand_recon_ros.evaluation.evaluate import Evaluation
from hand_recon_ros.evaluation.joint_error import joint_errors

EVENLY, WORST = 6, 3
APART_NS = 500_000_000
"""Pictures of large errors lie this far apart, so that they show different things."""


def highlights(evaluation: Evaluation) -> dict[int, str]:
    """Stamps and captions: pictures evenly over time, the middle of each side's longest gap, and the worst errors.

    In order of time; of pictures without a result there is nothing to show.
    """
    chosen: dict[int, str] = {}
    for stamp, caption in (*_worst(evaluation), *_gaps(evaluation), *_evenly(evaluation)):
        chosen.setdefault(stamp, f"{_seconds(evaluation, stamp):.2f} s{caption}")
    return dict(sorted(chosen.items()))


def _seconds(evaluation: Evaluation, stamp: int) -> float:
    return (stamp - int(evaluation.observations.image_stamps_ns[0])) / 1e9


def _evenly(evaluation: Evaluation) -> Iterator[tuple[int, str]]:
    """From pictures with hands where there are any."""
    observed = evaluation.observations
    stamps = np.unique(observed.hands.stamps_ns) if len(observed.hands) else observed.result_stamps_ns
    places = (np.arange(EVENLY) + 0.5) / EVENLY * len(stamps)
    for stamp in stamps[places.astype(int)].tolist() if len(stamps) else []:
        yield stamp, ""


def _gaps(evaluation: Evaluation) -> Iterator[tuple[int, str]]:
    results = evaluation.observations.result_stamps_ns
    for side, figures in evaluation.sides.items():
        gap = max(figures.presence.drop_outs, key=lambda gap: gap.seconds, default=None)
        inside = results[(results > gap.start_ns) & (results < gap.end_ns)] if gap else results[:0]
        if len(inside):
            yield int(inside[len(inside) // 2]), f", in the longest gap of the {side.name.lower()} hand"


def _worst(evaluation: Evaluation) -> Iterator[tuple[int, str]]:
    comparison, hands = evaluation.comparison, evaluation.observations.hands
    if comparison is None or not comparison.overall.matched:
        return
    found, truth = comparison.matches.found, comparison.reference.joints[comparison.matches.reference]
    errors = joint_errors(hands.joints[found], truth).mean(axis=1)
    shown: list[int] = []
    for row in np.argsort(-errors, kind="stable").tolist():
        stamp = int(hands.stamps_ns[found[row]])
        if len(shown) < WORST and all(abs(stamp - other) >= APART_NS for other in shown):
            shown.append(stamp)
            yield stamp, f", among the largest errors: {1e3 * errors[row]:.0f} mm"
