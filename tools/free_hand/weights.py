"""Skinning weights: the source's, with the bend of every finger root moved to where the joint now is."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from tools.free_hand.canonical import FINGERS, unit
from tools.free_hand.surface import edges_of

ROOT_BAND = 0.011
"""Half the length along a bone over which skin passes from palm to finger, metres."""
THUMB_BAND = (-0.006, 0.026)
"""The same along the thumb's metacarpal, from its root."""
OWNER_SOFTNESS = 0.005
"""Distance between two fingers' bones over which skin near the web passes from one to the other, metres."""
MOST_INFLUENCES = 4


def rooted_weights(points: np.ndarray, triangles: np.ndarray, joints: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Weights (S, 16) of the mean hand: points (S, 3) and placed joints (21, 3) in the palm frame, source weights."""
    chains = joints[1:].reshape(5, 4, 3)
    source = weights[:, 1:].reshape(-1, 5, 3)
    total = source.sum(2)
    rays = np.stack([_distance_to_line(points, chain[0], chain[1]) for chain in chains[:4]], axis=1)
    near = np.exp(-(rays - rays.min(1, keepdims=True)) / OWNER_SOFTNESS)
    owner = total[:, :4] + 0.05 * near
    owner /= owner.sum(1, keepdims=True)
    share = np.empty_like(total)
    for f, chain in enumerate(chains):
        along = (points - chain[0]) @ unit(chain[1] - chain[0])
        if FINGERS[f] == "thumb":
            carried = _rise(along, *THUMB_BAND) * _thumb_side(points, joints)
            share[:, f] = np.maximum(total[:, f], carried)
        else:
            share[:, f] = _rise(along, -ROOT_BAND, ROOT_BAND) * owner[:, f] * (1 - total[:, 4])
    first = np.zeros(3)
    first[0] = 1
    split = np.where(total[..., None] > 0.02, source / np.maximum(total, 0.02)[..., None], first)
    out = (share[..., None] * split).reshape(-1, 15)
    return smoothed(np.column_stack([np.maximum(1 - out.sum(1), 0), out]), triangles, rounds=4)


def smoothed(weights: np.ndarray, triangles: np.ndarray, rounds: int) -> np.ndarray:
    """Weights averaged with their neighbours' and normalised."""
    edges = edges_of(triangles)
    adjacent = sp.csr_matrix((np.ones(2 * len(edges)), np.concatenate([edges, edges[:, ::-1]]).T), (len(weights),) * 2)
    adjacent = (adjacent > 0).astype(float)
    mean = sp.diags(1 / np.maximum(np.asarray(adjacent.sum(1)).ravel(), 1)) @ adjacent
    for _ in range(rounds):
        weights = 0.5 * weights + 0.5 * (mean @ weights)
    return weights / weights.sum(1, keepdims=True)


def limited(weights: np.ndarray) -> np.ndarray:
    """Weights with at most MOST_INFLUENCES joints a vertex."""
    out = weights.copy()
    np.put_along_axis(out, np.argsort(out, 1)[:, :-MOST_INFLUENCES], 0, 1)
    out[out < 1e-3] = 0
    return out / out.sum(1, keepdims=True)


def _rise(value: np.ndarray, low: float, high: float) -> np.ndarray:
    """Smooth step from 0 at low to 1 at high."""
    t = np.clip((value - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def _distance_to_line(points: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    rest = points - start
    direction = unit(end - start)
    return np.linalg.norm(rest - np.outer(rest @ direction, direction), axis=1)


def _thumb_side(points: np.ndarray, joints: np.ndarray) -> np.ndarray:
    """How much nearer skin is to the thumb's metacarpal than to the index finger's, 0 to 1."""
    thumb = _distance_to_line(points, joints[17], joints[18])
    index = _distance_to_line(points, joints[0], joints[1])
    return _rise((index - thumb) / (index + thumb), -0.25, 0.5)
