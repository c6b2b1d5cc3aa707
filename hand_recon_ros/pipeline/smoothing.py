"""One-euro smoothing of a hand's motion (Casiez, Roussel, Vogel: "1 Euro Filter", CHI 2012).

Of fitted hands the pose parameters are filtered rather than the joints, so that a smoothed hand keeps its bone
lengths. Of hands that come as a mesh the wrist is filtered, and all other points as seen from it: bones then shorten
by under one per cent while the hand turns by a tenth of a radian a picture.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from hand_recon_ros.hand_model import axis_angle_to_matrix, matrix_to_axis_angle
from hand_recon_ros.pipeline.hand_state import HandState

Array = npt.NDArray[np.floating]

SPEED_CUTOFF_HZ = 1.0
METRES_PER_RADIAN = 0.1
"""Brings translation to the scale of angles: a hand's length."""


@dataclass(frozen=True)
class OneEuro:
    """Filter settings: cut-off at rest in Hz, and how many Hz it rises for each unit (rad/s, 0.1 m/s) of speed."""

    min_cutoff_hz: float = 1.5
    speed_gain: float = 0.6

    def __post_init__(self) -> None:
        if not (self.min_cutoff_hz > 0 and self.speed_gain >= 0):
            raise ValueError(
                "smoothing needs a positive cut-off in Hz and a speed gain of at least 0, "
                f"got {self.min_cutoff_hz} and {self.speed_gain}"
            )


@dataclass(frozen=True)
class Smoothed:
    """N filtered hands, and the filtered speed (N, 51) of translation, rotation and angles."""

    state: HandState
    speed: Array


def start_smoothing(state: HandState) -> Smoothed:
    """Hands at rest where they were first seen."""
    return Smoothed(state, np.zeros((len(state.root), 6 + state.angles[0].size)))


def smooth(settings: OneEuro, last: Smoothed, seen: HandState, seconds: float) -> Smoothed:
    """One filter step over seconds of stamp time; a step of no time leaves the hands where they are."""
    if seconds <= 0:
        return last
    change = _difference(last.state, seen)
    speed = last.speed + _gain(SPEED_CUTOFF_HZ, seconds) * (change / seconds - last.speed)
    gain = _gain(settings.min_cutoff_hz + settings.speed_gain * np.abs(speed), seconds)
    # One gain for each of the two vectors: a hand must not bend its path towards an axis.
    for part in (slice(0, 3), slice(3, 6)):
        gain[:, part] = gain[:, part].max(axis=1, keepdims=True)
    return Smoothed(_moved(last.state, seen, gain * change), speed)


@dataclass(frozen=True)
class SmoothedPoints:
    """One filtered hand as points (P, 3), the wrist first, and their speed (P, 3), but for the wrist from the wrist."""

    points: Array
    speed: Array


def start_smoothing_points(points: Array) -> SmoothedPoints:
    """A hand at rest where it was first seen."""
    return SmoothedPoints(points, np.zeros_like(points))


def smooth_points(settings: OneEuro, last: SmoothedPoints, seen: Array, seconds: float) -> SmoothedPoints:
    """One filter step over seconds of stamp time; a step of no time leaves the hand where it is."""
    if seconds <= 0:
        return last
    change = (_from_wrist(seen) - _from_wrist(last.points)) / METRES_PER_RADIAN
    speed = last.speed + _gain(SPEED_CUTOFF_HZ, seconds) * (change / seconds - last.speed)
    # One gain for the wrist and one for all other points: a hand must neither bend its path nor lose its form.
    wrist = np.abs(speed[0]).max()
    form = np.sqrt((speed[1:] ** 2).sum(axis=1).mean())
    gain = np.full((len(seen), 1), _gain(settings.min_cutoff_hz + settings.speed_gain * form, seconds))
    gain[0] = _gain(settings.min_cutoff_hz + settings.speed_gain * wrist, seconds)
    moved = _from_wrist(last.points) + gain * change * METRES_PER_RADIAN
    return SmoothedPoints(np.concatenate([moved[:1], moved[1:] + moved[:1]]), speed)


def _from_wrist(points: Array) -> Array:
    return np.concatenate([points[:1], points[1:] - points[:1]])


def _difference(last: HandState, seen: HandState) -> Array:
    """What leads from last to seen: translation in hand lengths, rotation vector, angles; (N, 51)."""
    turn = matrix_to_axis_angle(seen.root @ np.swapaxes(last.root, -1, -2))
    moved = (seen.translation - last.translation) / METRES_PER_RADIAN
    return np.concatenate([moved, turn, (seen.angles - last.angles).reshape(len(moved), -1)], axis=1)


def _moved(last: HandState, seen: HandState, change: Array) -> HandState:
    return replace(
        seen,
        translation=last.translation + change[:, :3] * METRES_PER_RADIAN,
        root=axis_angle_to_matrix(change[:, 3:6]) @ last.root,
        angles=last.angles + change[:, 6:].reshape(last.angles.shape),
    )


def _gain(cutoff_hz: Array | float, seconds: float) -> Array:
    """Weight of the new value in a first-order low pass (equation 5 of the paper)."""
    rate = 2 * np.pi * np.asarray(cutoff_hz) * seconds
    return rate / (rate + 1)
