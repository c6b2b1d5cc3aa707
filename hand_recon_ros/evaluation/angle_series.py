"""Joint angles of each side over time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hand_recon_ros.evaluation.hand_samples import HandSamples, Stamps
from hand_recon_ros.hand_model import ANGLES, finger_bones, joint_angles
from hand_recon_ros.types import Side


@dataclass(frozen=True)
class AngleSeries:
    """What the joints of a recording's hands did.

    Attributes:
        seconds: (T,) of all pictures, from the first one.
        angles: for each side that was seen (T, 21) radians in the order of ANGLES, NaN where the hand was not found.
    """

    seconds: npt.NDArray[np.float64]
    angles: dict[Side, npt.NDArray[np.float64]]


def angle_series(picture_stamps_ns: Stamps, hands: HandSamples) -> AngleSeries:
    """Angles at the time of every picture.

    Of several hands of a side at one time, that of the longer track is taken; a joint that is not a number makes its
    hand one that was not found.

    Args:
        picture_stamps_ns: (N,) of all pictures that were looked at, with or without hands.
        hands: what was found in them.

    Raises:
        ValueError: no hand was found.
    """
    stamps = np.unique(picture_stamps_ns)
    whole = hands.where(np.isfinite(hands.joints).all(axis=(1, 2)) & np.isin(hands.stamps_ns, stamps))
    if not len(whole):
        raise ValueError(f"expected hands to take angles from, none was found in {len(stamps)} pictures")
    sides = [Side(value) for value in np.unique(whole.sides).tolist()]
    return AngleSeries((stamps - stamps[0]) / 1e9, {side: _angles(stamps, _one_each(whole.of(side))) for side in sides})


def _one_each(hands: HandSamples) -> HandSamples:
    """One hand for each time, that of the longest track."""
    _, which, counts = np.unique(hands.tracks, return_inverse=True, return_counts=True)
    ordered = hands.where(np.lexsort((-counts[which], hands.stamps_ns)))
    return ordered.where(np.unique(ordered.stamps_ns, return_index=True)[1])


def _angles(stamps: Stamps, hands: HandSamples) -> npt.NDArray[np.float64]:
    angles = np.full((len(stamps), len(ANGLES)), np.nan)
    for stamp_ns, side, joints in zip(hands.stamps_ns, hands.sides, hands.joints, strict=True):
        angles[np.searchsorted(stamps, stamp_ns)] = joint_angles(finger_bones(joints, Side(int(side))))
    return angles
