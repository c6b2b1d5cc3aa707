"""The last step of a frame: one Hand out of what the batch arrays say about it."""

from __future__ import annotations

import numpy as np

from hand_recon_ros.camera import project
from hand_recon_ros.hand_model import HandModel
from hand_recon_ros.pipeline.landmarks import Landmarks
from hand_recon_ros.pipeline.reconstruction import Reconstruction
from hand_recon_ros.pipeline.tracking import Track
from hand_recon_ros.types import JOINT_COUNT, CameraModel, FloatArray, Hand, Pose, Roi, ScaleSource


def assemble_hand(
    row: int, track: Track, model: HandModel, seen: Landmarks, built: Reconstruction, camera: CameraModel, metric: bool
) -> Hand:
    """Hand number `row` of a frame.

    Args:
        row: which hand of seen and built.
        track: its track; number 0 when hands are not tracked.
        model: hand model of its side.
        seen: what the landmark network saw.
        built: the fitted hands in the camera frame.
        camera: intrinsics that were used.
        metric: whether its distance is more than an assumption.
    """
    joints, vertices = built.joints[row].astype(np.float32), built.vertices[row].astype(np.float32)
    # The network's points moved to where the model has its joints: seen joints, with the network's own error.
    shift = project(camera, joints) - project(camera, built.landmarks[row])
    return Hand(
        side=track.side,
        side_score=track.side_score,
        score=float(seen.presence[row]),
        track_id=track.track_id,
        scale_source=ScaleSource.METRIC if metric else ScaleSource.ASSUMED,
        joints=joints,
        joints_2d=seen.pixels[row] + shift,
        joint_scores=np.full(JOINT_COUNT, np.nan, np.float32),
        vertices=vertices,
        faces=model.faces,
        wrist=Pose(built.wrists[row].astype(np.float32), joints[0]),
        roi=_roi(project(camera, vertices), camera),
        pose=built.poses[row].astype(np.float32),
        betas=track.output.betas[0].astype(np.float32),
        model=model.name,
    )


def _roi(pixels: FloatArray, camera: CameraModel) -> Roi:
    """Smallest box of whole pixels around points, clipped to the image; empty at its border when all lie outside."""
    size = (camera.width, camera.height)
    low = np.floor(pixels.min(axis=0)).clip(0, size).astype(int)
    high = (np.ceil(pixels.max(axis=0)) + 1).clip(low, size).astype(int)
    return Roi(int(low[0]), int(low[1]), int(high[0] - low[0]), int(high[1] - low[1]))
