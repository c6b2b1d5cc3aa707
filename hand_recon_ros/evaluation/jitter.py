"""How much the joints of a resting hand tremble."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hand_recon_ros.evaluation.alignment import Array
from hand_recon_ros.evaluation.hand_samples import HandSamples, Stamps

WINDOW_NS = 500_000_000
REST_SPEED = 0.05
"""Metres a second below which a hand rests."""
LEAST_SAMPLES = 5


@dataclass(frozen=True)
class Jitter:
    """Tremble of hands at rest.

    Attributes:
        rest_samples: hands at rest that it was measured on.
        rms_mm: root mean square, over these and all joints, of a joint's distance from where it rests; NaN without.
    """

    rest_samples: int
    rms_mm: float


def jitter_at_rest(
    image_stamps_ns: Stamps, hands: HandSamples, speed: float = REST_SPEED, window_ns: int = WINDOW_NS
) -> Jitter:
    """Position noise of the joints of hands that hardly move.

    Around each sample of a track lies a window of half a second, in which the track must be in every picture and in at
    least five. A straight line of constant velocity is fitted to each joint over the window (least squares). The hand
    rests when the root mean square of its joints' velocities is below `speed`; the fit keeps the noise itself from
    counting as motion. The jitter is the distance of the sample from the line, divided by sqrt(1 - h) for the leverage
    h of the sample in the fit, so that independent noise of standard deviation s on each axis gives sqrt(3) s whatever
    the rate. Motion slower than the window is not jitter.

    Args:
        image_stamps_ns: (T,) of all pictures, sorted and distinct.
        hands: of one side.
        speed: metres a second.
        window_ns: length of the window.
    """
    squares = [
        _squares_at_rest(image_stamps_ns, track, speed, window_ns) for track in hands.by_track() if track.tracks[0]
    ]
    joined = np.concatenate([np.empty((0, 21)), *squares])
    return Jitter(len(joined), 1e3 * float(np.sqrt(joined.mean())) if len(joined) else float("nan"))


def _squares_at_rest(image_stamps_ns: Stamps, track: HandSamples, speed: float, window_ns: int) -> Array:
    """Squared distances (M, 21) from the fitted lines of the samples at rest."""
    stamps, half = track.stamps_ns, window_ns // 2
    first = np.searchsorted(stamps, stamps - half, side="left")
    last = np.searchsorted(stamps, stamps + half, side="right")
    inside = (stamps - half >= image_stamps_ns[0]) & (stamps + half <= image_stamps_ns[-1])
    pictures = np.searchsorted(image_stamps_ns, stamps + half, side="right") - np.searchsorted(
        image_stamps_ns, stamps - half, side="left"
    )
    whole = inside & (last - first == pictures) & (pictures >= LEAST_SAMPLES)
    found = []
    for row in np.flatnonzero(whole).tolist():
        window = slice(first[row], last[row])
        seconds = (stamps[window] - stamps[row]) / 1e9
        velocity, squares = _line_through(seconds, track.joints[window], row - int(first[row]))
        if np.sqrt((velocity**2).sum(axis=1).mean()) < speed:
            found.append(squares)
    return np.array(found).reshape(-1, track.joints.shape[1])


def _line_through(seconds: Array, points: Array, row: int) -> tuple[Array, Array]:
    """Velocity (K, 3) of the line fitted to points (T, K, 3), and the noise (K,) that one row's offset stands for."""
    times = seconds - seconds.mean()
    spread = (times**2).sum()
    velocity = np.tensordot(times, points, axes=1) / spread
    offset = points[row] - points.mean(axis=0) - times[row] * velocity
    leverage = 1 / len(times) + times[row] ** 2 / spread
    return velocity, (offset**2).sum(axis=1) / (1 - leverage)
