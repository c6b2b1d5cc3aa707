"""From the hands that mesh networks give to hands in metres before the camera."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hand_recon_ros.camera import normalise
from hand_recon_ros.hand_model import HandModel
from hand_recon_ros.hand_model.model import TO_21
from hand_recon_ros.pipeline.first_guess import PALM_POINTS, align
from hand_recon_ros.pipeline.meshes import Meshes
from hand_recon_ros.pipeline.placement import translations_onto_rays
from hand_recon_ros.pipeline.reconstruction import NO_HANDS, OPERATOR, Reconstruction
from hand_recon_ros.pipeline.smoothing import OneEuro
from hand_recon_ros.pipeline.tracking import Track
from hand_recon_ros.pipeline.view import Sighting
from hand_recon_ros.types import Side

Array = npt.NDArray[np.floating]


@dataclass(frozen=True)
class MeshPlacement:
    """Reconstructs hands with a mesh network and places them by its joints in the picture.

    Attributes:
        meshes: from the sightings of several views, with at least one hand, to the hands.
        models: hand model of each side; its faces and its rest pose are used.
        smallest: pixels along the longer side that a picture must have.
        smoothing: one-euro filter of tracked hands, or None.
    """

    meshes: Callable[[Sequence[Sighting]], Meshes]
    models: Mapping[Side, HandModel]
    smallest: int
    smoothing: OneEuro | None = None

    def __call__(self, sightings: Sequence[Sighting]) -> tuple[list[Track], Reconstruction]:
        """The N hands of all views, in order: their tracks, and the hands in metres."""
        tracks = [track for sighting in sightings for track in sighting.tracks]
        if not tracks:
            return [], NO_HANDS
        found = self.meshes(sightings)
        nearest = found.vertices[..., 2].min(axis=1)
        shift = translations_onto_rays(found.joints, _rays(found.pixels, sightings), found.regions, nearest)[:, None]
        vertices: Array = found.vertices + shift
        joints: Array = found.joints + shift
        if self.smoothing is not None:
            seconds = [sighting.view.seconds for sighting in sightings for _ in sighting.tracks]
            tracks, vertices, joints = _smoothed(self.smoothing, tracks, seconds, vertices, joints)
        wrists = wrist_frames(joints, [track.side for track in tracks], self.models)
        return tracks, Reconstruction(vertices, joints, joints, found.pixels, wrists, found.pose, found.betas)


def wrist_frames(joints: Array, sides: Sequence[Side], models: Mapping[Side, HandModel]) -> Array:
    """Operator frames (N, 3, 3) of hands by their joints (N, 21, 3): the turn of the palm from its rest."""
    rest = np.stack([_rest_joints(models[side])[PALM_POINTS] for side in sides])
    return align(rest, joints[:, PALM_POINTS]) @ np.stack([OPERATOR[side] for side in sides])


def _rest_joints(model: HandModel) -> Array:
    return np.concatenate([model.joints_template, model.template[model.tip_vertices]])[TO_21]


def _rays(pixels: Array, sightings: Sequence[Sighting]) -> Array:
    """Undistorted rays (N, 21, 2) of the hands of several cameras."""
    ends = np.cumsum([len(sighting.tracks) for sighting in sightings])
    parts = np.split(pixels, ends[:-1])
    rays = [normalise(sighting.view.camera, part) for sighting, part in zip(sightings, parts, strict=True)]
    return np.concatenate(rays).astype(np.float64)


def _smoothed(
    settings: OneEuro, tracks: Sequence[Track], seconds: Sequence[float], vertices: Array, joints: Array
) -> tuple[list[Track], Array, Array]:
    points = np.concatenate([joints, vertices], axis=1)
    kept = [t.points_smoothed_by(settings, p, s) for t, p, s in zip(tracks, points, seconds, strict=True)]
    shown = np.stack([track.smoothed_points.points for track in kept if track.smoothed_points])
    return kept, shown[:, joints.shape[1] :], shown[:, : joints.shape[1]]
