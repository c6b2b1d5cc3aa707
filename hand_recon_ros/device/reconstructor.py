"""From hands that the device has fitted to tracks and hands in metres; see roles.Reconstructor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from hand_recon_ros.device.networks import FittedLandmarks
from hand_recon_ros.device.work import Work
from hand_recon_ros.hand_model import HandModel
from hand_recon_ros.pipeline.articulation import Articulation
from hand_recon_ros.pipeline.hand_state import HandState, join_states
from hand_recon_ros.pipeline.reconstruction import NO_HANDS, Reconstruction
from hand_recon_ros.pipeline.smoothing import OneEuro
from hand_recon_ros.pipeline.tracking import Track
from hand_recon_ros.pipeline.view import Sighting
from hand_recon_ros.types import Side

Rows = npt.NDArray[Any]


@dataclass(frozen=True)
class DeviceFit:
    """Takes what came down with the landmarks; goes back to the device only for hands that need it.

    Attributes:
        work: what fitted them.
        hand: a right hand; left ones are mirrored.
        points: the landmark network's points on it.
        smoothing: one-euro filter of tracked hands, or None; smoothed hands get their meshes in a second turn.
    """

    work: Work
    hand: HandModel
    points: Articulation
    smoothing: OneEuro | None = None
    smallest: int = 1
    """Pixels along the longer side that a picture must have."""

    @cached_property
    def models(self) -> Mapping[Side, HandModel]:
        """Hand model of each side."""
        return {Side.RIGHT: self.hand, Side.LEFT: self.hand.mirrored()}

    def __call__(self, sightings: Sequence[Sighting]) -> tuple[list[Track], Reconstruction]:
        """The N hands of all views, in order: each track with its fit, and the hands in metres."""
        tracks = [track for sighting in sightings for track in sighting.tracks]
        if not tracks:
            return [], NO_HANDS
        rows = self._arrived(np.concatenate([_fitted(sighting) for sighting in sightings if sighting.tracks]))
        states = self._states(rows)
        tracks = [replace(t, state=states.take(slice(k, k + 1))) for k, t in enumerate(tracks)]
        if self.smoothing is not None:
            seconds = [sighting.view.seconds for sighting in sightings for _ in sighting.tracks]
            tracks = [t.smoothed_by(self.smoothing, passed) for t, passed in zip(tracks, seconds, strict=True)]
            rows = self.work.mesh(self._with(rows, join_states([track.output for track in tracks])))
        pixels = np.concatenate([sighting.seen.pixels for sighting in sightings])
        vertices, joints, landmarks = (rows[name] for name in ("vertices", "joints", "landmarks"))
        built = Reconstruction(vertices, joints, landmarks, pixels, rows["wrist"], rows["pose"], rows["betas"])
        return tracks, built

    def _arrived(self, rows: Rows) -> Rows:
        """The hands after as many steps of their fit as each needs."""
        far = np.flatnonzero(rows["far"])
        if len(far):
            rows[far] = self.work.go_on(rows[far])
        return rows

    def _states(self, rows: Rows) -> HandState:
        joint, axis = self.points.free.T
        angles = np.zeros((len(rows), 15, 3))
        angles[:, joint, axis] = rows["angles"]
        root, translation, betas = (rows[name].astype(np.float64) for name in ("root", "translation", "betas"))
        return HandState(root, translation, angles, betas)

    def _with(self, rows: Rows, states: HandState) -> Rows:
        joint, axis = self.points.free.T
        rows = rows.copy()
        rows["root"], rows["translation"], rows["betas"] = states.root, states.translation, states.betas
        rows["angles"] = states.angles[:, joint, axis]
        return rows


def _fitted(sighting: Sighting) -> Rows:
    assert isinstance(sighting.seen, FittedLandmarks), "a sighting of DeviceNetworks"
    return sighting.seen.fitted
