"""All figures of one recording, and their JSON."""

from __future__ import annotations

import json

import numpy as np
import pytest
from samples import MS, random_joints

from hand_recon_ros.evaluation.evaluate import Observations, evaluate
from hand_recon_ros.evaluation.hand_samples import HandSamples, hand_samples
from hand_recon_ros.evaluation.record import evaluation_record
from hand_recon_ros.types import Side

HAND = random_joints(1)[0]
STAMPS = np.arange(5, dtype=np.int64) * 100 * MS


def observed() -> Observations:
    """Five pictures; the fourth gave no result; the right hand is missing once, the left one appears once."""
    rows = [(0, Side.RIGHT), (1, Side.RIGHT), (2, Side.LEFT), (4, Side.RIGHT)]
    hands = hand_samples((int(STAMPS[k]), side, int(side), HAND + [0.01 * k, 0, 0]) for k, side in rows)
    return Observations(STAMPS, STAMPS[[0, 1, 2, 4]], np.tile([1.0, 2, 3, 4, 10], (4, 1)), hands)


def truth() -> HandSamples:
    return hand_samples((int(stamp) + 2 * MS, Side.RIGHT, 0, HAND) for stamp in STAMPS)


def test_figures_of_both_sides():
    record = evaluation_record(evaluate(observed()))
    assert (record["images"], record["results"], record["image_rate_hz"], record["result_rate_hz"]) == (5, 4, 10, 7.5)
    right, left = record["sides"]["right"], record["sides"]["left"]
    assert (right["detection_share"], right["drop_outs"], right["longest_gap_s"]) == (0.6, 1, 0.3)
    assert (left["detection_share"], left["drop_outs"], left["tracks"]) == (0.2, 0, 1)
    assert record["latency_ms"]["total"] == {"p50": 10, "p95": 10, "p99": 10}
    assert record["reference"] is None


def test_errors_against_a_reference_that_lies_two_milliseconds_off():
    reference = evaluation_record(evaluate(observed(), truth()))["reference"]
    assert (reference["all"]["reference_hands"], reference["all"]["matched"], reference["all"]["recall"]) == (5, 3, 0.6)
    assert reference["right"]["camera"]["mpjpe_mm"] == pytest.approx(50 / 3, abs=1e-5)
    assert reference["right"]["camera"]["median_mm"] == pytest.approx(10)
    assert reference["right"]["camera"]["auc_0_50_mm"] == pytest.approx((1 + 0.8 + 0.2) / 3, abs=1e-5)
    assert reference["right"]["root"]["mpjpe_mm"] == pytest.approx(0, abs=1e-9)
    assert set(reference["right"]["procrustes"]["per_joint_mm"].values()) == {0.0}
    assert reference["left"]["recall"] is None and reference["left"]["camera"]["mpjpe_mm"] is None


def test_stamps_beyond_the_tolerance_match_nothing():
    comparison = evaluate(observed(), truth(), tolerance_s=0.001).comparison
    assert comparison is not None
    assert (comparison.overall.reference_hands, comparison.overall.matched) == (0, 0)


def test_an_empty_recording_has_figures_without_numbers():
    nothing = np.empty(0, np.int64)
    record = evaluation_record(
        evaluate(Observations(nothing, nothing, np.empty((0, 5)), hand_samples([])), hand_samples([]))
    )
    text = json.dumps(record, allow_nan=False)
    assert json.loads(text)["sides"]["left"]["detection_share"] is None
