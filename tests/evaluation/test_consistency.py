"""Metrics that need no reference: presence, bone lengths, jitter, latency."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import MS, random_joints, track
from scipy.signal import detrend
from scipy.spatial.transform import Rotation

from hand_recon_ros.evaluation.bone_lengths import bone_length_spread, bone_lengths
from hand_recon_ros.evaluation.hand_samples import HandSamples, hand_samples
from hand_recon_ros.evaluation.jitter import jitter_at_rest
from hand_recon_ros.evaluation.latency import latency_percentiles, rate_hz
from hand_recon_ros.evaluation.presence import presence
from hand_recon_ros.types import BONES

REST = random_joints(1)[0]


def joined(*tracks: HandSamples) -> HandSamples:
    columns = [[getattr(t, name) for t in tracks] for name in ("stamps_ns", "sides", "tracks", "joints")]
    return HandSamples(*(np.concatenate(column) for column in columns))


# --- presence ---------------------------------------------------------------------------------------------------------


def test_drop_outs_lie_between_sights():
    images = np.arange(10) * 100 * MS
    found = presence(images, images[[2, 3, 6, 8, 8]])
    assert (found.pictures, found.share) == (4, 0.4)
    assert [(gap.start_ns // MS, gap.end_ns // MS, gap.pictures) for gap in found.drop_outs] == [
        (300, 600, 2),
        (600, 800, 1),
    ]
    assert found.longest_gap_s == pytest.approx(0.3)


@given(st.lists(st.booleans(), min_size=1, max_size=60))
def test_sights_and_drop_outs_fill_the_time_between_first_and_last_sight(seen):
    images = np.arange(len(seen)) * 33 * MS
    found = presence(images, images[np.array(seen)])
    missing = sum(gap.pictures for gap in found.drop_outs)
    sights = np.flatnonzero(seen)
    assert found.pictures + missing == (sights[-1] - sights[0] + 1 if len(sights) else 0)
    assert found.share == pytest.approx(np.mean(seen))


def test_a_recording_without_pictures_or_hands_has_no_drop_outs():
    nothing = np.empty(0, np.int64)
    assert np.isnan(presence(nothing, nothing).share)
    assert presence(np.arange(3), nothing) == presence(np.arange(3), nothing[:0])
    assert presence(np.arange(3), nothing).longest_gap_s == 0


# --- bone lengths -----------------------------------------------------------------------------------------------------


def test_bone_lengths_are_those_of_a_straight_finger():
    joints = np.zeros((1, 21, 3))
    joints[0, 5:9, 1] = [0.09, 0.13, 0.15, 0.17]
    np.testing.assert_allclose(bone_lengths(joints)[0, 4:8], [0.09, 0.04, 0.02, 0.02])


def test_spread_is_standard_deviation_over_mean():
    joints = np.zeros((4, 21, 3))
    joints[:, 1, 0] = [0.04, 0.05, 0.05, 0.06]  # thumb CMC, from the wrist
    expected = np.std([0.04, 0.05, 0.05, 0.06]) / 0.05
    with np.errstate(invalid="ignore"):
        assert bone_length_spread(track([0, 1, 2, 3], joints))[0] == pytest.approx(expected)


@given(st.lists(st.tuples(*[st.floats(-3, 3)] * 3), min_size=2, max_size=5), st.floats(0.5, 2))
def test_a_rigid_hand_of_any_size_has_no_spread_however_it_moves(turns, size):
    joints = np.stack([size * REST @ Rotation.from_rotvec(turn).as_matrix() + turn for turn in turns])
    np.testing.assert_allclose(bone_length_spread(track(list(range(len(turns))), joints)), 0, atol=1e-9)


def test_hands_of_two_people_are_no_spread():
    small = track([0, 1], np.stack([REST] * 2), number=1)
    large = track([0, 1], np.stack([1.3 * REST] * 2), number=2)
    np.testing.assert_allclose(bone_length_spread(joined(small, large)), 0, atol=1e-12)
    assert np.isnan(bone_length_spread(hand_samples([]))).all()
    assert len(bone_length_spread(small)) == len(BONES)


# --- jitter -----------------------------------------------------------------------------------------------------------


def still(rate: int, seconds: float, noise: float, drift: float = 0.0, seed: int = 0) -> tuple[np.ndarray, HandSamples]:
    """Stamps and a trembling hand that moves sideways at `drift` metres a second."""
    stamps = [round(1000 * k / rate) for k in range(int(seconds * rate))]
    rng = np.random.default_rng(seed)
    joints = REST + noise * rng.normal(size=(len(stamps), 21, 3))
    joints[..., 0] += drift * np.array(stamps)[:, None] / 1000
    return np.array(stamps, np.int64) * MS, track(stamps, joints)


@pytest.mark.parametrize("rate", [15, 30, 60])
def test_independent_noise_comes_out_as_what_went_in_at_any_rate(rate):
    measured = jitter_at_rest(*still(rate, 40, 0.001))
    assert measured.rms_mm == pytest.approx(np.sqrt(3), rel=0.03)
    assert measured.rest_samples == pytest.approx(39.5 * rate, abs=2)


def test_slow_steady_motion_is_no_jitter_and_fast_motion_no_rest():
    assert jitter_at_rest(*still(30, 3, 0, drift=0.04)).rms_mm == pytest.approx(0, abs=1e-9)
    fast = jitter_at_rest(*still(30, 3, 0.001, drift=0.06))
    assert fast.rest_samples == 0 and np.isnan(fast.rms_mm)


def test_the_distance_is_that_from_scipys_trend():
    stamps, hand = still(10, 0.6, 0.002)  # of six samples, two have two on each side
    measured = jitter_at_rest(stamps, hand, window_ns=400 * MS)
    rows = [2, 3]
    squares = []
    for row in rows:
        residual = detrend(hand.joints[row - 2 : row + 3], axis=0)[2]
        squares.append((residual**2).sum(axis=1) / (1 - 1 / 5))
    assert measured.rest_samples == 2
    assert measured.rms_mm == pytest.approx(1e3 * np.sqrt(np.mean(squares)))


def test_windows_with_a_missing_picture_and_untracked_hands_do_not_count():
    stamps, hand = still(30, 2, 0.001)
    whole = jitter_at_rest(stamps, hand).rest_samples
    gap = jitter_at_rest(stamps, hand.where(np.arange(len(hand)) != 30)).rest_samples
    assert gap == whole - 15  # those whose quarter of a second before or after holds the missing one
    untracked = HandSamples(hand.stamps_ns, hand.sides, 0 * hand.tracks, hand.joints)
    assert jitter_at_rest(stamps, untracked).rest_samples == 0


@given(st.floats(-1, 1), st.floats(-3, 3))
def test_jitter_does_not_depend_on_place_and_direction(shift, angle):
    stamps, hand = still(20, 1.5, 0.001)
    turn = Rotation.from_rotvec([angle, 0.3, 0]).as_matrix()
    moved = HandSamples(hand.stamps_ns, hand.sides, hand.tracks, hand.joints @ turn + shift)
    assert jitter_at_rest(stamps, moved).rms_mm == pytest.approx(jitter_at_rest(stamps, hand).rms_mm, rel=1e-6)


# --- latency ----------------------------------------------------------------------------------------------------------


def test_percentiles_of_one_to_a_hundred():
    times = np.zeros((101, 5))
    times[:, 4] = np.random.default_rng(0).permutation(101)
    table = latency_percentiles(times)
    assert table["total"] == {"p50": 50, "p95": 95, "p99": 99}
    assert table["decode"] == {"p50": 0, "p95": 0, "p99": 0}
    assert np.isnan(latency_percentiles(np.empty((0, 5)))["detect"]["p95"])


def test_rate_counts_intervals():
    assert rate_hz(np.arange(4) * 500 * MS) == 2
    assert np.isnan(rate_hz(np.array([5]))) and np.isnan(rate_hz(np.array([5, 5])))
