"""Where hands are: around tracked ones, and where the palm detector proposes new ones; all cameras at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from hand_recon_ros.pipeline.cropping import NOWHERE
from hand_recon_ros.pipeline.landmarks import Landmarks, distinct_hands, find_landmarks
from hand_recon_ros.pipeline.palm_detection import detect_palms
from hand_recon_ros.pipeline.regions import regions_from_landmarks, regions_from_palms
from hand_recon_ros.pipeline.settings import Settings
from hand_recon_ros.pipeline.tracking import Track, untracked_palms
from hand_recon_ros.pipeline.view import Sighting, View, follow

if TYPE_CHECKING:
    from hand_recon_ros.runtime import Engine

Array = npt.NDArray[np.float32]

MIN_PALM_SCORE = 0.25
"""A weak detection is worth a look, since the landmark network's presence decides."""
FIRST_LOOK = 0.2
"""Presence that a palm needs in its first, roughly placed crop to be looked at again in a better one."""


@dataclass(frozen=True)
class HandFinder:
    """Finds the hands of several views with one batch of each network."""

    detector: Engine
    landmarker: Engine
    settings: Settings

    def regions(self, views: Sequence[View]) -> list[Array]:
        """Where to look for hands in each view (N, 4): around the tracked ones first, then around further palms."""
        regions = [tracked_regions(view.memory.tracks) for view in views]
        due = [row for row, view in enumerate(views) if view.detecting]
        for row, new in zip(due, self._new_regions([views[row] for row in due]), strict=True):
            regions[row] = np.concatenate([regions[row], new])
        return regions

    def look(self, views: Sequence[View], regions: Sequence[Array]) -> list[Sighting]:
        """The hands that are there, each with its track so far."""
        found = find_landmarks(self.landmarker, [view.frame.rgb for view in views], regions)
        return [self._sighting(view, seen) for view, seen in zip(views, found, strict=True)]

    def _sighting(self, view: View, seen: Landmarks) -> Sighting:
        rows = kept_hands(seen, len(view.memory.tracks), self.settings.min_score, self.settings.max_hands)
        return follow(view, seen.take(rows), rows, self.settings.tracking)

    def _new_regions(self, views: Sequence[View]) -> list[Array]:
        """Regions (N, 4) of hands that are not tracked yet, best first, at most twice as many as are wanted.

        A palm detection places its crop only roughly, so the landmarks of a first look place the final one.
        """
        pictures = [view.frame.rgb for view in views]
        rough = []
        for view, palms in zip(views, detect_palms(self.detector, pictures, MIN_PALM_SCORE), strict=True):
            centres = palms.boxes.reshape(-1, 2, 2).mean(axis=1)
            rows = untracked_palms(centres, view.memory.tracks)[: 2 * self.settings.max_hands]
            rough.append(regions_from_palms(palms.boxes[rows], palms.keypoints[rows]))
        first = find_landmarks(self.landmarker, pictures, rough)
        return [_regions_around(seen.pixels[seen.presence > FIRST_LOOK]) for seen in first]


def tracked_regions(tracks: tuple[Track, ...]) -> Array:
    """Regions (T, 4) where tracked hands are expected: around their last landmarks."""
    return _regions_around(np.stack([track.pixels for track in tracks])) if tracks else NOWHERE


def _regions_around(pixels: Array) -> Array:
    return regions_from_landmarks(pixels) if len(pixels) else NOWHERE


def kept_hands(seen: Landmarks, tracked: int, min_score: float, most: int) -> npt.NDArray[np.intp]:
    """Rows of seen that are hands, each once, at most `most`; the first `tracked` rows take precedence."""
    present = np.flatnonzero(seen.presence >= min_score)
    # Presence is at most 1, so a tracked hand always outranks a new finding of the same hand.
    priority = seen.presence[present] + (present < tracked)
    return present[distinct_hands(seen.pixels[present], priority)][:most]
