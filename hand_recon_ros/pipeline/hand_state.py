"""What a fit starts from and arrives at: N hands as seen, and N hands as posed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.floating]
Rows = slice | npt.NDArray[np.intp] | npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Observation:
    """N hands as seen, mirrored to right ones.

    Attributes:
        rays: (N, L, 2) undistorted ray directions x/z, y/z of the landmarks.
        relative: (N, L, 3) the same points in the camera's axes, up to translation and scale.
        sight: (N, 3 + D) rotation vector, in the lifter's canonical frame, and free angles by which a lifter that knows
            the points alone would be off; None where the network that saw the hands does not say.
    """

    rays: Array
    relative: Array
    sight: Array | None = None

    def take(self, rows: Rows) -> Observation:
        """The chosen hands."""
        return Observation(self.rays[rows], self.relative[rows], None if self.sight is None else self.sight[rows])


@dataclass(frozen=True)
class HandState:
    """N fitted right hands: root (N, 3, 3), translation (N, 3) m of the wrist, angles (N, 15, 3) rad, betas (N, B)."""

    root: Array
    translation: Array
    angles: Array
    betas: Array

    def take(self, rows: Rows) -> HandState:
        """The chosen hands."""
        return HandState(self.root[rows], self.translation[rows], self.angles[rows], self.betas[rows])


def join_observations(parts: Sequence[Observation]) -> Observation:
    """One batch of several, at least one, of one network."""
    names = [name for name, array in vars(parts[0]).items() if array is not None]
    return Observation(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})


def join_states(states: list[HandState]) -> HandState:
    """One batch of several."""
    return HandState(
        np.concatenate([s.root for s in states]),
        np.concatenate([s.translation for s in states]),
        np.concatenate([s.angles for s in states]),
        np.concatenate([s.betas for s in states]),
    )


def centred(points: Array) -> Array:
    """Points (N, L, 3) from the mean of each hand's."""
    return points - points.mean(axis=1, keepdims=True)
