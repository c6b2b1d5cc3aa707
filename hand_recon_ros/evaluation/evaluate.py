"""All figures of one recording: what was found in its pictures, and how it compares with a reference."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hand_recon_ros.evaluation.accuracy import Accuracy, measure_accuracy
from hand_recon_ros.evaluation.bone_lengths import bone_length_spread
from hand_recon_ros.evaluation.hand_samples import HandSamples, Stamps
from hand_recon_ros.evaluation.jitter import Jitter, jitter_at_rest
from hand_recon_ros.evaluation.latency import latency_percentiles, rate_hz
from hand_recon_ros.evaluation.matching import Matches, match_hands
from hand_recon_ros.evaluation.presence import Presence, presence
from hand_recon_ros.types import Side

SIDES = (Side.LEFT, Side.RIGHT)
TOLERANCE_S = 0.01


@dataclass(frozen=True)
class Observations:
    """What a recording shows of a node's work.

    Attributes:
        image_stamps_ns: (T,) of all pictures, sorted and distinct.
        result_stamps_ns: (R,) of the pictures with a result, sorted and distinct; some may hold no hand.
        latency_ms: (R', 5) wall time of the stages for each result, in the order of latency.STAGES.
        hands: what was found; their stamps are among those of the results.
    """

    image_stamps_ns: Stamps
    result_stamps_ns: Stamps
    latency_ms: npt.NDArray[np.floating]
    hands: HandSamples


@dataclass(frozen=True)
class SideFigures:
    """What is known of one side without a reference."""

    hands: int
    tracks: int
    presence: Presence
    bone_spread: npt.NDArray[np.floating]
    jitter: Jitter


@dataclass(frozen=True)
class Comparison:
    """Found hands against reference hands.

    Attributes:
        matches: rows of the observed and of the reference hands that belong together.
        overall: of both sides together (and of hands of unknown side).
        sides: of each side.
    """

    matches: Matches
    reference: HandSamples
    overall: Accuracy
    sides: dict[Side, Accuracy]


@dataclass(frozen=True)
class Evaluation:
    """All figures of one recording; rates are those of the recording's own time."""

    observations: Observations
    image_rate_hz: float
    result_rate_hz: float
    latency_ms: dict[str, dict[str, float]]
    sides: dict[Side, SideFigures]
    comparison: Comparison | None


def evaluate(
    observed: Observations, reference: HandSamples | None = None, tolerance_s: float = TOLERANCE_S
) -> Evaluation:
    """Figures of a recording.

    Args:
        observed: what was found.
        reference: true hands, in the same camera frame.
        tolerance_s: largest difference between the stamps of a picture and its reference.
    """
    return Evaluation(
        observed,
        rate_hz(observed.image_stamps_ns),
        rate_hz(observed.result_stamps_ns),
        latency_percentiles(observed.latency_ms),
        {side: _side_figures(observed, side) for side in SIDES},
        None if reference is None else compare(observed, reference, tolerance_s),
    )


def compare(observed: Observations, reference: HandSamples, tolerance_s: float = TOLERANCE_S) -> Comparison:
    """Errors of the observed hands against a reference, together and for each side."""
    matches = match_hands(observed.image_stamps_ns, observed.hands, reference, round(tolerance_s * 1e9))
    found, truth = observed.hands.joints[matches.found], reference.joints[matches.reference]
    pair_sides, due_sides = reference.sides[matches.reference], reference.sides[matches.due]
    sides = {
        side: measure_accuracy(found[pair_sides == side], truth[pair_sides == side], int((due_sides == side).sum()))
        for side in SIDES
    }
    return Comparison(matches, reference, measure_accuracy(found, truth, len(matches.due)), sides)


def _side_figures(observed: Observations, side: Side) -> SideFigures:
    hands = observed.hands.of(side)
    return SideFigures(
        len(hands),
        len(set(hands.tracks.tolist()) - {0}),
        presence(observed.image_stamps_ns, hands.stamps_ns),
        bone_length_spread(hands),
        jitter_at_rest(observed.image_stamps_ns, hands),
    )
