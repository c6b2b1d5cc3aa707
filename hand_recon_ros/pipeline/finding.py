"""Where hands are: around tracked ones, and where the palm detector proposes new ones; all cameras at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from hand_recon_ros.pipeline.cropping import NOWHERE
from hand_recon_ros.pipeline.landmarks import Landmarks, distinct_hands, find_landmarks, parts_of_others
from hand_recon_ros.pipeline.palm_detection import Palms, Search, detect_palms
from hand_recon_ros.pipeline.regions import regions_from_landmarks, regions_from_palms
from hand_recon_ros.pipeline.roles import HandNetworks
from hand_recon_ros.pipeline.settings import Settings
from hand_recon_ros.pipeline.tracking import Track, untracked_palms
from hand_recon_ros.pipeline.view import Sighting, View, follow

if TYPE_CHECKING:
    from hand_recon_ros.runtime import Engine

Array = npt.NDArray[np.float32]

SURE_PALM, LIKELY_PALM, WEAK_PALM = 0.25, 0.05, 0.03
"""Scores from which a palm is worth a look: always, in a thorough search with tracking, and in one of a single picture.

The landmark network decides. Empty scenes hardly have palms of 0.05, but more than one of 0.03, which costs time.
"""
FIRST_LOOK, WEAK_FIRST_LOOK = 0.2, 0.8
"""Presence that a sure and a weak palm need in a first, roughly placed crop to be looked at again in a better one."""
HALF = 0.5
"""Share of the detector's input that a picture fills in a search for hands too large for it."""
TURNS = (Search(SURE_PALM), Search(LIKELY_PALM), Search(SURE_PALM), Search(LIKELY_PALM, HALF))
"""The searches of a camera that is tracked, one after the other, so that none costs more than one look."""


@dataclass(frozen=True)
class EngineNetworks:
    """The networks of a finder, each run by an engine on crops that are cut out here."""

    detector: Engine
    landmarker: Engine

    def palms(self, views: Sequence[View], searches: Sequence[Search]) -> list[Palms]:
        """Palms of each view, best first."""
        return detect_palms(self.detector, [view.frame.rgb for view in views], searches)

    def landmarks(self, views: Sequence[View], regions: Sequence[Array]) -> list[Landmarks]:
        """What the regions (N, 4) of each view show."""
        return find_landmarks(self.landmarker, [view.frame.rgb for view in views], regions)

    hands = landmarks


@dataclass(frozen=True)
class HandFinder:
    """Finds the hands of several views with one batch of each network."""

    networks: HandNetworks
    settings: Settings

    def regions(self, views: Sequence[View]) -> list[Array]:
        """Where to look for hands in each view (N, 4): around the tracked ones first, then around further palms."""
        regions = [tracked_regions(view.memory.tracks) for view in views]
        due = [row for row, view in enumerate(views) if view.detecting]
        further = self._new_regions([views[row] for row in due]) if due else []
        for row, new in zip(due, further, strict=True):
            regions[row] = np.concatenate([regions[row], new])
        return regions

    def look(self, views: Sequence[View], regions: Sequence[Array]) -> list[Sighting]:
        """The hands that are there, each with its track so far."""
        found = self.networks.hands(views, regions)
        return [self._sighting(view, seen) for view, seen in zip(views, found, strict=True)]

    def _sighting(self, view: View, seen: Landmarks) -> Sighting:
        rows = kept_hands(seen, len(view.memory.tracks), self.settings.min_score, self.settings.max_hands)
        return follow(view, seen.take(rows), rows, self.settings.tracking)

    def _new_regions(self, views: Sequence[View]) -> list[Array]:
        """Regions (N, 4) of hands that are not tracked yet, best first, at most twice as many as are wanted.

        A single picture is searched thoroughly, and at half its size where that finds nothing; with tracking, searches
        take turns.
        """
        if self.settings.tracking:
            return self._searched(views, [TURNS[view.memory.detections % len(TURNS)] for view in views])
        found = self._searched(views, [Search(WEAK_PALM)] * len(views))
        empty = [row for row, regions in enumerate(found) if not len(regions)]
        again = self._searched([views[row] for row in empty], [Search(WEAK_PALM, HALF)] * len(empty))
        for row, regions in zip(empty, again, strict=True):
            found[row] = regions
        return found

    def _searched(self, views: Sequence[View], searches: Sequence[Search]) -> list[Array]:
        """Regions around the palms of each view.

        A palm detection places its crop only roughly, so the landmarks of a first look place the final one.
        """
        rough, wanted = [], []
        for view, palms in zip(views, self.networks.palms(views, searches), strict=True):
            palms = palms.take(untracked_palms(palms.centres, view.memory.tracks)[: 2 * self.settings.max_hands])
            rough.append(regions_from_palms(palms.boxes, palms.keypoints))
            wanted.append(np.where(palms.scores >= SURE_PALM, FIRST_LOOK, WEAK_FIRST_LOOK))
        first = self.networks.landmarks(views, rough)
        return [_regions_around(seen.pixels[seen.presence > least]) for seen, least in zip(first, wanted, strict=True)]


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
    kept = present[distinct_hands(seen.pixels[present], priority)]
    return kept[(kept < tracked) | ~parts_of_others(seen.pixels[kept])][:most]
