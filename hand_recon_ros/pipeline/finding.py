"""Where the hands of a picture are: regions of tracked hands, and of new ones that the palm detector proposes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from hand_recon_ros.pipeline.landmarks import Landmarks, distinct_hands, find_landmarks
from hand_recon_ros.pipeline.palm_detection import detect_palms
from hand_recon_ros.pipeline.regions import regions_from_landmarks, regions_from_palms
from hand_recon_ros.pipeline.tracking import Track, untracked_palms
from hand_recon_ros.types import ByteImage

if TYPE_CHECKING:
    from hand_recon_ros.runtime import Engine

Array = npt.NDArray[np.float32]

MIN_PALM_SCORE = 0.25
"""A weak detection is worth a look, since the landmark network's presence decides."""
FIRST_LOOK = 0.2
"""Presence that a palm needs in its first, roughly placed crop to be looked at again in a better one."""


def tracked_regions(tracks: tuple[Track, ...]) -> Array:
    """Regions (T, 4) where tracked hands are expected: around their last landmarks."""
    if not tracks:
        return np.empty((0, 4), np.float32)
    return regions_from_landmarks(np.stack([track.pixels for track in tracks]))


def new_regions(detector: Engine, landmarker: Engine, rgb: ByteImage, tracks: tuple[Track, ...], most: int) -> Array:
    """Regions (N, 4) of hands that are not tracked yet, best first, at most `most`.

    A palm detection places its crop only roughly, so the landmarks of a first look place the final one.
    """
    palms = detect_palms(detector, rgb, MIN_PALM_SCORE)
    rows = untracked_palms(palms.boxes.reshape(-1, 2, 2).mean(axis=1), tracks)[:most]
    first = find_landmarks(landmarker, rgb, regions_from_palms(palms.boxes[rows], palms.keypoints[rows]))
    likely = np.flatnonzero(first.presence > FIRST_LOOK)
    return regions_from_landmarks(first.pixels[likely]) if len(likely) else np.empty((0, 4), np.float32)


def kept_hands(seen: Landmarks, tracked: int, min_score: float, most: int) -> npt.NDArray[np.intp]:
    """Rows of seen that are hands, each once, at most `most`; the first `tracked` rows take precedence."""
    present = np.flatnonzero(seen.presence >= min_score)
    # Presence is at most 1, so a tracked hand always outranks a new finding of the same hand.
    priority = seen.presence[present] + (present < tracked)
    return present[distinct_hands(seen.pixels[present], priority)][:most]
