"""How constant the bones of a hand are: a real hand's do not change from picture to picture."""

from __future__ import annotations

import numpy as np

from hand_recon_ros.evaluation.alignment import Array
from hand_recon_ros.evaluation.hand_samples import HandSamples
from hand_recon_ros.types import BONES


def bone_lengths(joints: Array) -> Array:
    """Lengths (N, 20) of the bones of hands (N, 21, 3), in the order of BONES."""
    parents, children = np.array(BONES).T
    return np.linalg.norm(joints[:, children] - joints[:, parents], axis=2)


def bone_length_spread(hands: HandSamples) -> Array:
    """Standard deviation over mean (20,) of each bone's length; NaN without hands.

    Lengths are compared with the mean of their own track, so that several people's hands do not count as spread.
    """
    lengths = [bone_lengths(track.joints) for track in hands.by_track()]
    if not lengths:
        return np.full(len(BONES), np.nan)
    off = np.concatenate([track - track.mean(axis=0) for track in lengths])
    return np.sqrt((off**2).mean(axis=0)) / np.concatenate(lengths).mean(axis=0)
