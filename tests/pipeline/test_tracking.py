import numpy as np
import pytest

from hand_recon_ros import Side
from hand_recon_ros.pipeline.landmarks import distinct_hands, parts_of_others
from hand_recon_ros.pipeline.tracking import detection_due, new_track, untracked_palms

RNG = np.random.default_rng(0)
HAND = RNG.uniform(0, 100, (21, 2)).astype(np.float32)


def test_the_same_hand_is_kept_once_and_the_better_one():
    jittered = HAND + RNG.normal(scale=3, size=HAND.shape)
    kept = distinct_hands(np.stack([jittered, HAND, HAND + 200]), np.array([0.7, 0.9, 0.8]))
    assert kept.tolist() == [1, 2]


def test_fingers_taken_for_a_hand_are_part_of_it_and_a_hand_before_another_is_not():
    middle = HAND.mean(axis=0)
    fingers, beside = middle + 0.5 * (HAND - middle), middle + 0.9 * (HAND - middle)
    far = fingers + 400
    assert parts_of_others(np.stack([HAND, fingers, beside, far])).tolist() == [False, True, False, False]
    assert parts_of_others(HAND[None]).tolist() == [False]


def test_two_hands_in_one_place_with_other_fingers_are_two():
    """Interlocked hands share a box, but not their landmarks."""
    crossed = HAND.max(axis=0) - HAND + HAND.min(axis=0)
    assert len(distinct_hands(np.stack([HAND, crossed]), np.ones(2))) == 2


def test_no_hands_are_no_hands():
    assert distinct_hands(np.empty((0, 21, 2), np.float32), np.empty(0)).size == 0


@pytest.mark.parametrize(
    ("tracked", "lost", "since", "due"),
    [(0, False, 1, True), (1, False, 1, False), (1, True, 1, True), (1, False, 8, True), (2, False, 99, False)],
)
def test_the_detector_runs_only_when_a_hand_may_be_missing(tracked, lost, since, due):
    assert detection_due(tracked, wanted=2, lost=lost, frames_since=since) is due


@pytest.mark.parametrize(("empty", "since", "due"), [(14, 1, True), (15, 1, False), (15, 2, True), (900, 2, True)])
def test_a_scene_that_has_been_empty_for_a_while_is_looked_at_every_second_frame(empty, since, due):
    assert detection_due(0, wanted=2, lost=False, frames_since=since, empty=empty) is due


def test_palms_on_tracked_hands_are_not_looked_at_again():
    track = new_track(1, HAND, right=0.9)
    centre = HAND[[0, 5, 9, 13, 17]].mean(axis=0)
    assert untracked_palms(np.stack([centre + 5, centre + 300]), (track,)).tolist() == [1]


def test_one_odd_frame_does_not_change_the_side():
    track = new_track(1, HAND, right=0.95)
    for right in (0.9, 0.95, 0.9, 0.02, 0.9):
        track = track.seen_again(HAND, right)
        assert track.side == Side.RIGHT
    assert track.side_score > 0.9


def test_a_size_settles_after_enough_measurements_and_ignores_missing_ones():
    track = new_track(1, HAND, right=0.9)
    for scale in [1.1, float("nan"), 1.2] + [1.15] * 40:
        track = track.measured(scale)
    assert track.size == pytest.approx(1.15)
    assert track.measured(2.0).size == track.size
