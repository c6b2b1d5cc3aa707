"""From landmarks to posed hands: the hand model fitted to every hand of every camera in one batch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from hand_recon_ros.hand_model import HandModel
from hand_recon_ros.pipeline.articulation import Articulation
from hand_recon_ros.pipeline.hand_state import HandState, Observation, join_observations, join_states
from hand_recon_ros.pipeline.reconstruction import NO_HANDS, Reconstruction, observe, reconstruct
from hand_recon_ros.pipeline.smoothing import OneEuro
from hand_recon_ros.pipeline.tracking import Track
from hand_recon_ros.pipeline.view import Sighting
from hand_recon_ros.types import Side

Fit = Callable[[Observation, list[HandState | None], npt.NDArray[np.intp]], list[HandState]]
"""Fits N hands, given the last state of those that are known and the number of each one's picture."""


@dataclass(frozen=True)
class LandmarkFit:
    """Poses a hand model by its landmarks.

    Attributes:
        hand: a right hand; left ones are mirrored.
        points: the landmark network's points on it.
        fit: from landmarks to poses.
        smoothing: one-euro filter of tracked hands, or None.
    """

    hand: HandModel
    points: Articulation
    fit: Fit
    smoothing: OneEuro | None = None
    smallest: int = 1
    """Pixels along the longer side that a picture must have."""

    @cached_property
    def models(self) -> Mapping[Side, HandModel]:
        """Hand model of each side."""
        return {Side.RIGHT: self.hand, Side.LEFT: self.hand.mirrored()}

    def __call__(self, sightings: Sequence[Sighting]) -> tuple[list[Track], Reconstruction]:
        """The N hands of all views, in order: each track with its fit, and the hands in metres."""
        tracks = [track for sighting in sightings for track in sighting.tracks]
        if not tracks:
            return [], NO_HANDS
        pictures = np.repeat(np.arange(len(sightings)), [len(sighting.tracks) for sighting in sightings])
        states = self.fit(_observed(sightings), [track.state for track in tracks], pictures)
        tracks = [replace(track, state=state) for track, state in zip(tracks, states, strict=True)]
        if self.smoothing is not None:
            seconds = [sighting.view.seconds for sighting in sightings for _ in sighting.tracks]
            tracks = [t.smoothed_by(self.smoothing, passed) for t, passed in zip(tracks, seconds, strict=True)]
        outputs = join_states([track.output for track in tracks])
        pixels = np.concatenate([sighting.seen.pixels for sighting in sightings])
        return tracks, reconstruct(self.hand, self.points, outputs, [track.side for track in tracks], pixels)


def _observed(sightings: Sequence[Sighting]) -> Observation:
    return join_observations(
        [observe(s.seen, [track.side for track in s.tracks], s.view.camera) for s in sightings if s.tracks]
    )
