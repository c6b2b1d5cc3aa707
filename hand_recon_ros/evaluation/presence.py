"""In how many pictures a side was found, and the drop-outs between."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hand_recon_ros.evaluation.hand_samples import Stamps


@dataclass(frozen=True)
class DropOut:
    """A time without a hand between two times with one.

    Attributes:
        start_ns: the last picture with the hand before.
        end_ns: the first picture with the hand after.
        pictures: how many between them lack it.
    """

    start_ns: int
    end_ns: int
    pictures: int

    @property
    def seconds(self) -> float:
        """From the last sight to the next."""
        return (self.end_ns - self.start_ns) / 1e9


@dataclass(frozen=True)
class Presence:
    """Where in a recording one side was found.

    Attributes:
        share: of the pictures that have a hand of this side, 0 to 1; NaN without pictures.
        drop_outs: in order of time; before the first and after the last sight there are none.
    """

    pictures: int
    share: float
    drop_outs: tuple[DropOut, ...]

    @property
    def longest_gap_s(self) -> float:
        """Length of the longest drop-out; 0 without any."""
        return max((gap.seconds for gap in self.drop_outs), default=0.0)


def presence(image_stamps_ns: Stamps, seen_stamps_ns: Stamps) -> Presence:
    """Presence of a hand.

    Args:
        image_stamps_ns: (T,) of all pictures, sorted and distinct.
        seen_stamps_ns: those of pictures with the hand, in any order, repeats allowed.
    """
    seen = np.isin(image_stamps_ns, seen_stamps_ns)
    share = float(seen.mean()) if len(seen) else float("nan")
    return Presence(int(seen.sum()), share, _drop_outs(image_stamps_ns, seen))


def _drop_outs(stamps: Stamps, seen: npt.NDArray[np.bool_]) -> tuple[DropOut, ...]:
    sights = np.flatnonzero(seen)
    missing = np.diff(sights) - 1
    return tuple(
        DropOut(int(stamps[sights[k]]), int(stamps[sights[k + 1]]), int(missing[k])) for k in np.flatnonzero(missing)
    )
