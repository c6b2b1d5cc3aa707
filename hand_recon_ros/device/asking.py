"""What the device has to know to look at a hand: its place in a picture, its camera, and what its track remembers.

A hand's side, and whether its track's shape still holds, depend on what the network is about to see. So that nothing
waits for this, the device decides by a threshold that stands for the track's memory of sides.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from hand_recon_ros.device.layout import ASKED
from hand_recon_ros.device.pictures import Placed
from hand_recon_ros.device.rays import to_map, to_ray
from hand_recon_ros.device.sampling import sample_regions
from hand_recon_ros.pipeline.landmarks import INPUT_SIZE
from hand_recon_ros.pipeline.tracking import SIDE_MEMORY, Track, log_odds
from hand_recon_ros.types import CameraModel, Side

Rows = npt.NDArray[Any]
NEVER = 2.0
"""A probability that no hand reaches."""


def asked_rows(
    camera: CameraModel,
    placed: Placed,
    map_number: int,
    regions: npt.NDArray[np.float32],
    maps: npt.NDArray[np.float64],
    tracks: Sequence[Track],
) -> Rows:
    """Rows (N,) of layout.ASKED for regions of a camera's picture.

    Args:
        camera: the intrinsics that are used.
        placed: where the picture lies.
        map_number: of the camera's ray map.
        regions: (N, 4).
        maps: (N, 2, 3) from their crops to the picture.
        tracks: that the first regions belong to.
    """
    rows = np.zeros(len(regions), ASKED)
    sample_regions(rows, placed, regions, maps, INPUT_SIZE)
    rows["to_ray"], rows["to_map"], rows["map"] = to_ray(camera, maps), to_map(camera, maps), map_number
    rows["turn"] = maps[:, :, :2] * (INPUT_SIZE / regions[:, 2, None, None])
    rows["least_right"] = NEW
    _remember(rows, tracks)
    return rows


def _remember(rows: Rows, tracks: Sequence[Track]) -> None:
    for row, track in zip(rows, tracks, strict=False):
        row["least_right"] = least_right(track.side_evidence)
        if track.state is not None:
            row["shape_of"] = 1 if track.side == Side.RIGHT else -1
            row["known_betas"] = track.state.betas[0]


def least_right(side_evidence: float) -> np.float32:
    """The least probability of a right hand that makes a track with so much evidence (0 for a new one) a right one."""

    def is_right(probability: np.float32) -> bool:
        return SIDE_MEMORY * side_evidence + log_odds(float(probability)) > 0  # as Track.seen_again and Track.side

    if is_right(ZERO):
        return ZERO
    if not is_right(ONE):
        return np.float32(NEVER)
    least = np.float32(1 / (1 + np.exp(SIDE_MEMORY * side_evidence)))  # up to rounding
    while is_right(np.nextafter(least, ZERO)):
        least = np.nextafter(least, ZERO)
    while not is_right(least):
        least = np.nextafter(least, ONE)
    return least


ZERO, ONE = np.float32(0), np.float32(1)
NEW = least_right(0.0)
"""The least probability that makes a new hand a right one."""
