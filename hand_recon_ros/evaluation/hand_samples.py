"""Hands over time as columns of arrays: what metrics are computed on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hand_recon_ros.types import JOINT_COUNT, FloatArray, Side

Stamps = npt.NDArray[np.int64]
Floats = npt.NDArray[np.floating]


@dataclass(frozen=True)
class HandSamples:
    """One row for each hand at each time.

    Attributes:
        stamps_ns: (N,) time of the picture.
        sides: (N,) values of Side.
        tracks: (N,) number of the track, 0 for untracked hands.
        joints: (N, 21, 3) metres in the camera optical frame.

    Raises:
        ValueError: columns of other shapes.
    """

    stamps_ns: Stamps
    sides: npt.NDArray[np.int64]
    tracks: npt.NDArray[np.int64]
    joints: Floats

    def __post_init__(self) -> None:
        count = len(self.stamps_ns)
        shapes = self.stamps_ns.shape, self.sides.shape, self.tracks.shape, self.joints.shape
        if shapes != ((count,), (count,), (count,), (count, JOINT_COUNT, 3)):
            raise ValueError(f"expected columns (N,), (N,), (N,) and (N, {JOINT_COUNT}, 3), got {shapes}")

    def __len__(self) -> int:
        return len(self.stamps_ns)

    def where(self, chosen: npt.NDArray[np.bool_ | np.integer]) -> HandSamples:
        """The rows of a mask or of indices."""
        return HandSamples(self.stamps_ns[chosen], self.sides[chosen], self.tracks[chosen], self.joints[chosen])

    def of(self, side: Side) -> HandSamples:
        """The hands of one side."""
        return self.where(self.sides == side)

    def by_track(self) -> tuple[HandSamples, ...]:
        """The hands of each track, in order of time; untracked hands are one of the groups."""
        ordered = self.where(np.argsort(self.stamps_ns, kind="stable"))
        return tuple(ordered.where(ordered.tracks == number) for number in np.unique(ordered.tracks))


def hand_samples(rows: Iterable[tuple[int, Side, int, FloatArray]]) -> HandSamples:
    """Samples out of rows of stamp, side, track and joints (21, 3)."""
    listed = list(rows)
    return HandSamples(
        np.array([stamp for stamp, *_ in listed], np.int64),
        np.array([int(side) for _, side, _, _ in listed], np.int64),
        np.array([track for _, _, track, _ in listed], np.int64),
        np.array([joints for *_, joints in listed], np.float64).reshape(-1, JOINT_COUNT, 3),
    )
