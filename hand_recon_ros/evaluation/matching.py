"""Which found hand belongs to which reference hand: by time, side and place."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from hand_recon_ros.evaluation.hand_samples import HandSamples, Stamps

Indices = npt.NDArray[np.intp]


class Matches(NamedTuple):
    """Pairs of rows, and the reference rows that had a picture to be found in.

    Attributes:
        found, reference: (M,) rows of the pairs.
        due: (R,) reference rows at the time of a picture, whether found or not.
    """

    found: Indices
    reference: Indices
    due: Indices


def nearest_pairs(ours: Stamps, theirs: Stamps, tolerance_ns: int) -> tuple[Indices, Indices]:
    """Pairs of indices of two sorted lists of distinct stamps that are each other's nearest and close enough."""
    if not len(ours) or not len(theirs):
        return np.empty(0, np.intp), np.empty(0, np.intp)
    near = _nearest(ours, theirs)
    back = _nearest(theirs, ours)
    mutual = back[near] == np.arange(len(ours))
    kept = np.flatnonzero(mutual & (np.abs(theirs[near] - ours) <= tolerance_ns))
    return kept, near[kept]


def match_hands(image_stamps_ns: Stamps, found: HandSamples, reference: HandSamples, tolerance_ns: int = 0) -> Matches:
    """Pair hands of the same side at the same picture, nearest first by mean joint distance, each hand once.

    Args:
        image_stamps_ns: all pictures, sorted and distinct; the stamps of found are among them.
        found: what was reconstructed.
        reference: what is true; its stamps may lie off those of the pictures.
        tolerance_ns: largest difference of stamps.
    """
    times = np.unique(reference.stamps_ns)
    images, instants = nearest_pairs(image_stamps_ns, times, tolerance_ns)
    image_of = dict(zip(times[instants].tolist(), image_stamps_ns[images].tolist(), strict=True))
    candidates = _rows_by_time_and_side(found)
    pairs: list[tuple[int, int]] = []
    due: list[int] = []
    for (stamp, side), truths in _rows_by_time_and_side(reference).items():
        if stamp in image_of:
            due += truths
            pairs += _paired(found, candidates.get((image_of[stamp], side), []), reference, truths)
    ours, theirs = np.array(pairs, np.intp).reshape(-1, 2).T
    return Matches(ours, theirs, np.array(due, np.intp))


def _nearest(stamps: Stamps, among: Stamps) -> Indices:
    """Index of the nearest of sorted stamps to each stamp; the earlier one of two equally near."""
    after = np.searchsorted(among, stamps).clip(0, len(among) - 1)
    before = (after - 1).clip(0)
    return np.where(np.abs(among[before] - stamps) <= np.abs(among[after] - stamps), before, after)


def _rows_by_time_and_side(hands: HandSamples) -> dict[tuple[int, int], list[int]]:
    rows: dict[tuple[int, int], list[int]] = {}
    for row, key in enumerate(zip(hands.stamps_ns.tolist(), hands.sides.tolist(), strict=True)):
        rows.setdefault(key, []).append(row)
    return rows


def _paired(found: HandSamples, ours: list[int], truth: HandSamples, theirs: list[int]) -> list[tuple[int, int]]:
    """The nearest pair, then the nearest of those that are left, and so on."""
    apart = np.linalg.norm(found.joints[ours][:, None] - truth.joints[theirs][None], axis=3).mean(axis=2)
    pairs: list[tuple[int, int]] = []
    for place in np.argsort(apart, axis=None, kind="stable").tolist():
        a, b = ours[place // len(theirs)], theirs[place % len(theirs)]
        if all(a != x and b != y for x, y in pairs):
            pairs.append((a, b))
    return pairs
