"""Pairs of found and reference hands."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import MS, random_joints
from scipy.optimize import linear_sum_assignment

from hand_recon_ros.evaluation.hand_samples import HandSamples, hand_samples
from hand_recon_ros.evaluation.matching import match_hands, nearest_pairs
from hand_recon_ros.types import Side

STAMPS = st.lists(st.integers(0, 1000), unique=True, max_size=30).map(lambda s: np.array(sorted(s), np.int64))
HAND = random_joints(1)[0]


def hands(*rows: tuple[int, Side, float]) -> HandSamples:
    """The same hand at times (ms), shifted sideways by some metres."""
    return hand_samples((stamp * MS, side, 0, HAND + [x, 0, 0]) for stamp, side, x in rows)


def images(*stamps_ms: int) -> np.ndarray:
    return np.array(stamps_ms, np.int64) * MS


def test_stamps_pair_with_the_nearest_within_the_tolerance():
    ours, theirs = np.array([0, 100, 200, 300]), np.array([4, 96, 103, 250, 290])
    one, two = nearest_pairs(ours, theirs, 10)
    assert list(zip(one.tolist(), two.tolist(), strict=True)) == [(0, 0), (1, 2), (3, 4)]
    assert nearest_pairs(ours, np.empty(0, np.int64), 10)[0].size == 0


@given(STAMPS, STAMPS, st.integers(0, 50))
def test_pairs_are_one_to_one_close_and_the_same_both_ways(ours, theirs, tolerance):
    one, two = nearest_pairs(ours, theirs, tolerance)
    assert len(set(one)) == len(one) and len(set(two)) == len(two)
    assert (np.abs(ours[one] - theirs[two]) <= tolerance).all()
    for a, b in zip(one, two, strict=True):
        assert abs(ours[a] - theirs[b]) == np.abs(ours[a] - theirs).min() == np.abs(ours - theirs[b]).min()
    exact = np.intersect1d(ours, theirs)
    assert set(exact) <= set(ours[one])


def test_hands_pair_by_picture_and_side():
    found = hands((0, Side.RIGHT, 0), (0, Side.LEFT, 0.3), (100, Side.RIGHT, 0))
    truth = hands((1, Side.LEFT, 0.3), (1, Side.RIGHT, 0), (100, Side.LEFT, 0), (230, Side.RIGHT, 0))
    matches = match_hands(images(0, 100, 200), found, truth, 5 * MS)
    assert sorted(zip(matches.found.tolist(), matches.reference.tolist(), strict=True)) == [(0, 1), (1, 0)]
    assert sorted(matches.due.tolist()) == [0, 1, 2]  # the last one has no picture, so nobody could find it


def test_a_picture_without_a_result_leaves_its_reference_unfound():
    matches = match_hands(images(0, 100), hands((0, Side.RIGHT, 0)), hands((0, Side.RIGHT, 0), (100, Side.RIGHT, 0)))
    assert (len(matches.found), len(matches.due)) == (1, 2)


def test_of_several_hands_of_a_side_the_nearest_pair_and_extra_ones_stay_alone():
    found = hands((0, Side.RIGHT, 0.9), (0, Side.RIGHT, 0.05), (0, Side.RIGHT, 0.5))
    matches = match_hands(images(0), found, hands((0, Side.RIGHT, 0), (0, Side.RIGHT, 1)))
    assert list(zip(matches.found.tolist(), matches.reference.tolist(), strict=True)) == [(1, 0), (0, 1)]


@pytest.mark.parametrize("seed", range(5))
def test_hands_well_apart_pair_as_the_best_assignment_does(seed):
    rng = np.random.default_rng(seed)
    places = rng.permutation(5)
    truth = hands(*((0, Side.LEFT, float(place)) for place in range(5)))
    found = hands(*((0, Side.LEFT, place + rng.uniform(-0.3, 0.3)) for place in places))
    cost = np.abs(found.joints[:, None, 0, 0] - truth.joints[None, :, 0, 0])
    best = set(zip(*(side.tolist() for side in linear_sum_assignment(cost)), strict=True))
    matches = match_hands(images(0), found, truth)
    assert set(zip(matches.found.tolist(), matches.reference.tolist(), strict=True)) == best


def test_without_any_hand_there_is_no_pair():
    none = hand_samples([])
    matches = match_hands(images(0), none, none)
    assert not len(matches.found) and not len(matches.due)
    with pytest.raises(ValueError, match="expected columns"):
        HandSamples(np.zeros(2), np.zeros(1), np.zeros(1), np.zeros((1, 21, 3)))
