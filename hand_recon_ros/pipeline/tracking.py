"""Which hands are looked for where, and what is remembered of each from frame to frame."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from hand_recon_ros.pipeline.hand_state import HandState
from hand_recon_ros.pipeline.landmarks import SAME_HAND_DISTANCE
from hand_recon_ros.pipeline.smoothing import (
    OneEuro,
    Smoothed,
    SmoothedPoints,
    smooth,
    smooth_points,
    start_smoothing,
    start_smoothing_points,
)
from hand_recon_ros.types import Side

Array = npt.NDArray[np.float32]

REDETECT_EVERY = 8
"""Frames between looks for further hands while fewer than the wanted number are tracked."""
IDLE_AFTER, IDLE_EVERY = 15, 2
"""After so many frames without a hand only every second one is looked at; a new hand may be found a frame later."""
SIDE_MEMORY = 0.9
"""Share of the side's evidence that is kept from frame to frame."""
SIZE_SAMPLES = 30
"""Depth measurements after which a hand's size stays fixed."""
MAX_MOVE = 0.5
"""Mean distance that a hand's landmarks may move from picture to picture, as a share of its extent, to be the same."""


@dataclass(frozen=True)
class Track:
    """What is remembered of one hand.

    Attributes:
        pixels: (21, 2) its last landmarks.
        side_evidence: log odds of being a right hand, gathered over frames.
        state: its last fit, one right hand; None before the first.
        size, sizes: its measured over its assumed size, the mean of so many measurements.
        smoothed, smoothed_points: the filter's state when smoothing is on, of fitted hands or of a network's meshes.
    """

    track_id: int
    pixels: Array
    side_evidence: float
    state: HandState | None = None
    size: float = 1.0
    sizes: int = 0
    smoothed: Smoothed | None = None
    smoothed_points: SmoothedPoints | None = None

    @property
    def output(self) -> HandState:
        """The state to show: the smoothed one where there is one."""
        chosen = self.smoothed.state if self.smoothed else self.state
        if chosen is None:
            raise ValueError(f"track {self.track_id} has no state yet; fit it first")
        return chosen

    @property
    def side(self) -> Side:
        """The side that the evidence speaks for."""
        return Side.RIGHT if self.side_evidence > 0 else Side.LEFT

    @property
    def side_score(self) -> float:
        """Probability of that side."""
        return float(1 / (1 + np.exp(-abs(self.side_evidence))))

    def measured(self, scale: float) -> Track:
        """With one more measurement of its size; NaN is none."""
        if np.isnan(scale) or self.sizes >= SIZE_SAMPLES:
            return self
        size = self.size if self.sizes else 0.0
        return replace(self, size=(size * self.sizes + scale) / (self.sizes + 1), sizes=self.sizes + 1)

    def seen_again(self, pixels: Array, right: float) -> Track:
        """In the next frame, where the network gives landmarks and the probability of a right hand."""
        return replace(self, pixels=pixels, side_evidence=SIDE_MEMORY * self.side_evidence + log_odds(right))

    def smoothed_by(self, settings: OneEuro, seconds: float) -> Track:
        """With its filter brought up to the last fit, seconds after the one before."""
        if self.state is None:
            raise ValueError(f"track {self.track_id} has no state yet; fit it first")
        last = self.smoothed
        return replace(
            self, smoothed=smooth(settings, last, self.state, seconds) if last else start_smoothing(self.state)
        )

    def points_smoothed_by(self, settings: OneEuro, points: npt.NDArray[np.floating], seconds: float) -> Track:
        """With its filter brought up to points (P, 3), the wrist first, seconds after the ones before."""
        last = self.smoothed_points
        now = smooth_points(settings, last, points, seconds) if last else start_smoothing_points(points)
        return replace(self, smoothed_points=now)


def new_track(track_id: int, pixels: Array, right: float) -> Track:
    """A hand seen for the first time."""
    return Track(track_id, pixels, log_odds(right))


def log_odds(probability: float) -> float:
    """Evidence of a probability, which is never taken for certain."""
    bounded = min(max(probability, 0.01), 0.99)
    return float(np.log(bounded / (1 - bounded)))


def detection_due(tracked: int, wanted: int, lost: bool, frames_since: int, empty: int = 0) -> bool:
    """Whether a hand may be missing: none is known, one was just lost, or it is time to look for further ones.

    Args:
        tracked: number of hands that are known.
        wanted: number of hands to look for.
        lost: whether the last frame lacked a hand of the one before.
        frames_since: the last look, 1 for the frame before.
        empty: frames in a row without a hand.
    """
    if tracked == 0:
        return empty < IDLE_AFTER or frames_since >= IDLE_EVERY
    return lost or (tracked < wanted and frames_since >= REDETECT_EVERY)


def untracked_palms(centres: Array, tracks: tuple[Track, ...]) -> npt.NDArray[np.intp]:
    """Rows of detected palm centres (N, 2) that lie on no tracked hand's palm."""
    if not tracks:
        return np.arange(len(centres))
    pixels = np.stack([t.pixels for t in tracks])
    palms = pixels[:, [0, 5, 9, 13, 17]].mean(axis=1)
    reach = (pixels.max(axis=1) - pixels.min(axis=1)).max(axis=1) * 2 * SAME_HAND_DISTANCE
    apart = np.linalg.norm(centres[:, None] - palms[None], axis=-1) > reach
    return np.flatnonzero(apart.all(axis=1))


def matching_tracks(pixels: npt.NDArray[np.floating], tracks: tuple[Track, ...]) -> npt.NDArray[np.intp]:
    """Which track each of N hands (N, 21, 2) goes on, nearest first, or a number from T on for a new hand."""
    matches = len(tracks) + np.arange(len(pixels))
    if not tracks or not len(pixels):
        return matches
    known = np.stack([track.pixels for track in tracks])
    extent = (known.max(axis=1) - known.min(axis=1)).max(axis=1)
    gaps = np.linalg.norm(pixels[:, None] - known[None], axis=-1).mean(axis=-1) / np.maximum(extent, 1)
    for cell in np.argsort(gaps, axis=None, kind="stable"):
        hand, track = divmod(int(cell), len(tracks))
        if gaps[hand, track] < MAX_MOVE and matches[hand] >= len(tracks) and track not in matches:
            matches[hand] = track
    return matches
