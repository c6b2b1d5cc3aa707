"""The last step of a frame: fitted hands at their measured distances, each as one Hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from hand_recon_ros.camera import project
from hand_recon_ros.hand_model import HandModel
from hand_recon_ros.pipeline.depth import measured_scale
from hand_recon_ros.pipeline.reconstruction import Reconstruction, resized
from hand_recon_ros.pipeline.tracking import Track
from hand_recon_ros.pipeline.view import Sighting
from hand_recon_ros.types import JOINT_COUNT, CameraModel, FloatArray, Hand, Pose, Roi, ScaleSource, Side


def place_hands(
    sighting: Sighting, tracks: Sequence[Track], built: Reconstruction, models: Mapping[Side, HandModel]
) -> tuple[tuple[Track, ...], tuple[Hand, ...]]:
    """The hands of a view at the distances that its depth image shows, if it has one.

    Args:
        sighting: N hands as they were seen.
        tracks: their N tracks, fitted.
        built: the N fitted hands in the camera frame.
        models: hand model of each side.

    Returns:
        The tracks with what the depth says of the hands' sizes, and the hands.
    """
    view = sighting.view
    scales = np.full(len(tracks), np.nan)
    if view.frame.depth is not None:
        for row, track in enumerate(tracks):
            faces = models[track.side].faces
            scales[row] = measured_scale(built.vertices[row], faces, view.camera, view.frame.depth)
    measured = tuple(track.measured(scale) for track, scale in zip(tracks, scales.tolist(), strict=True))
    sizes = np.array([track.size for track in measured])
    built = resized(built, sizes, np.where(np.isnan(scales), sizes, scales))
    hands = (_hand(row, track, models[track.side], sighting, built) for row, track in enumerate(measured))
    return measured, tuple(hands)


def _hand(row: int, track: Track, model: HandModel, sighting: Sighting, built: Reconstruction) -> Hand:
    """Hand number `row` of a view."""
    camera = sighting.view.camera
    calibrated = sighting.view.frame.camera is not None
    joints, vertices = built.joints[row].astype(np.float32), built.vertices[row].astype(np.float32)
    # The network's points moved to where the model has its joints: seen joints, with the network's own error.
    shift = project(camera, joints) - project(camera, built.landmarks[row])
    return Hand(
        side=track.side,
        side_score=track.side_score,
        score=float(sighting.seen.presence[row]),
        track_id=track.track_id,
        scale_source=ScaleSource.METRIC if calibrated or track.sizes else ScaleSource.ASSUMED,
        joints=joints,
        joints_2d=(built.pixels[row] + shift).astype(np.float32),
        joint_scores=np.full(JOINT_COUNT, np.nan, np.float32),
        vertices=vertices,
        faces=model.faces,
        wrist=Pose(built.wrists[row].astype(np.float32), joints[0]),
        roi=_roi(project(camera, vertices), camera),
        pose=_known(built.poses[row]),
        betas=_known(built.betas[row]),
        model=model.name,
    )


def _known(parameters: npt.NDArray[np.floating]) -> FloatArray | None:
    return None if np.isnan(parameters.flat[0]) else parameters.astype(np.float32)


def _roi(pixels: FloatArray, camera: CameraModel) -> Roi:
    """Smallest box of whole pixels around points, clipped to the image; empty at its border when all lie outside."""
    size = (camera.width, camera.height)
    low = np.floor(pixels.min(axis=0)).clip(0, size).astype(int)
    high = (np.ceil(pixels.max(axis=0)) + 1).clip(low, size).astype(int)
    return Roi(int(low[0]), int(low[1]), int(high[0] - low[0]), int(high[1] - low[1]))
