"""Joint angles over time."""

from __future__ import annotations

import numpy as np
import pytest

from hand_recon_ros.evaluation.angle_series import angle_series
from hand_recon_ros.evaluation.hand_samples import hand_samples
from hand_recon_ros.hand_model import ANGLES, finger_bones, joint_angles
from hand_recon_ros.types import HandFrame, Joint, Side

MS = 1_000_000


def bent(joints: np.ndarray, share: float) -> np.ndarray:
    """The joints with the index finger's tip moved, so that its angles differ."""
    moved = joints.copy()
    moved[Joint.INDEX_TIP] += np.float32([0, 0, 0.02 * share])
    return moved


def test_angles_are_those_of_the_joints_and_gaps_stay_gaps(two_hands: HandFrame) -> None:
    right, left = two_hands.hands
    stamps = np.array([100, 110, 120, 130]) * MS
    found = [
        (int(stamps[0]), right.side, 7, bent(right.joints, 0.1)),
        (int(stamps[2]), right.side, 7, bent(right.joints, 0.9)),
        (int(stamps[3]), left.side, 8, left.joints),
    ]
    series = angle_series(stamps, hand_samples(found))
    np.testing.assert_allclose(series.seconds, [0, 0.01, 0.02, 0.03])
    assert set(series.angles) == {Side.RIGHT, Side.LEFT}
    assert np.isnan(series.angles[Side.RIGHT]).all(axis=1).tolist() == [False, True, False, True]
    assert np.isnan(series.angles[Side.LEFT]).all(axis=1).tolist() == [True, True, True, False]
    for stamp_ns, side, _, joints in found:
        row = series.angles[side][int((stamp_ns - 100 * MS) // (10 * MS))]
        np.testing.assert_allclose(row, joint_angles(finger_bones(joints, side)))
    flexion = series.angles[Side.RIGHT][:, ANGLES.index("index_dip_flexion")]
    assert flexion[0] != flexion[2]


@pytest.mark.parametrize("order", [1, -1])
def test_of_two_hands_of_a_side_the_longer_track_is_shown(two_hands: HandFrame, order: int) -> None:
    hand = two_hands.hands[0]
    long = [(stamp, hand.side, 3, bent(hand.joints, 0.2)) for stamp in (0, 1, 2)]
    short = [(stamp, hand.side, 9, bent(hand.joints, 0.8)) for stamp in (1, 2)]
    series = angle_series(np.arange(4), hand_samples((long + short)[::order]))
    shown = series.angles[hand.side]
    expected = joint_angles(finger_bones(long[0][3], hand.side))
    np.testing.assert_allclose(shown[:3], np.tile(expected, (3, 1)))
    assert np.isnan(shown[3]).all()


def test_a_hand_with_a_joint_that_is_no_number_is_a_gap(two_hands: HandFrame) -> None:
    hand = two_hands.hands[0]
    broken = hand.joints.copy()
    broken[4, 1] = np.nan
    rows = [(0, hand.side, 1, hand.joints), (1, hand.side, 1, broken)]
    assert np.isnan(angle_series(np.arange(2), hand_samples(rows)).angles[hand.side][1]).all()
    with pytest.raises(ValueError, match="none was found in 2 pictures"):
        angle_series(np.arange(2), hand_samples(rows[1:]))
