"""From fitted states to meshes, joints and wrist poses in the camera frame, for both sides in one batch."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from hand_recon_ros.camera import normalise
from hand_recon_ros.hand_model import HandModel, matrix_to_axis_angle, skew_matrix, skin
from hand_recon_ros.pipeline.articulation import Articulation, joint_rotations
from hand_recon_ros.pipeline.hand_state import HandState, Observation
from hand_recon_ros.pipeline.landmarks import Landmarks
from hand_recon_ros.types import CameraModel, Side

Array = npt.NDArray[np.floating]

MIRROR = np.array([-1.0, 1.0, 1.0])

OPERATOR = {
    Side.RIGHT: np.array([[0.0, 0.0, -1.0], [-1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]),
    Side.LEFT: np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]]),
}
"""Operator frame in the rest frame of each side's hand model, whose fingers point to -x (left: +x) and palm to -y."""


@dataclass(frozen=True)
class Reconstruction:
    """N hands in the camera optical frame, metres.

    Attributes:
        vertices: (N, V, 3). joints: (N, 21, 3).
        landmarks: (N, 21, 3), the model's version of the points that a network saw at pixels: (N, 21, 2).
        wrists: (N, 3, 3) operator frames.
        poses: (N, 16, 3) axis-angle of each side's own model, and betas: (N, 10); NaN where a network gives none.
    """

    vertices: Array
    joints: Array
    landmarks: Array
    pixels: Array
    wrists: Array
    poses: Array
    betas: Array

    def take(self, rows: slice) -> Reconstruction:
        """The chosen hands."""
        return Reconstruction(*(array[rows] for array in vars(self).values()))


NO_HANDS = Reconstruction(
    vertices=np.empty((0, 0, 3)),
    joints=np.empty((0, 21, 3)),
    landmarks=np.empty((0, 21, 3)),
    pixels=np.empty((0, 21, 2)),
    wrists=np.empty((0, 3, 3)),
    poses=np.empty((0, 16, 3)),
    betas=np.empty((0, 10)),
)


def observe(seen: Landmarks, sides: list[Side], camera: CameraModel) -> Observation:
    """What a fit compares with: undistorted rays and relative points, left hands mirrored to right ones."""
    rays = normalise(camera, seen.pixels).astype(np.float64)
    # The network sees every crop as if it lay on the optical axis.
    relative = seen.relative @ np.swapaxes(axis_to_ray(rays.mean(axis=1)), 1, 2)
    mirror = _mirrors(sides)
    left = np.array([side == Side.LEFT for side in sides], np.intp)
    sight = None if seen.sight is None else seen.sight[np.arange(len(sides)), left]
    return Observation(rays * mirror[:, :, :2], relative * mirror, sight)


def reconstruct(
    model: HandModel, points: Articulation, state: HandState, sides: list[Side], pixels: Array
) -> Reconstruction:
    """Meshes and joints of hands fitted to landmarks at pixels (N, 21, 2); model and points are the right hand's."""
    local, _ = joint_rotations(points, state.angles)
    rotations = np.concatenate([state.root[:, None], local], axis=1)
    vertices, joints = skin(model, rotations.astype(np.float32), state.betas.astype(np.float32))
    mirror = _mirrors(sides)
    place = state.translation[:, None]
    vertices, joints = vertices - joints[:, :1] + place, joints - joints[:, :1] + place
    flip = mirror[:, 0, :, None] * mirror[:, 0, None, :]
    operators = np.stack([OPERATOR[side] for side in sides])
    return Reconstruction(
        vertices=vertices * mirror,
        joints=joints * mirror,
        landmarks=(points.regressor @ vertices) * mirror,
        pixels=pixels,
        wrists=(state.root * flip) @ operators,
        poses=matrix_to_axis_angle(rotations * flip[:, None]),
        betas=state.betas,
    )


def resized(hands: Reconstruction, size: Array, distance: Array) -> Reconstruction:
    """Hands grown by size (N,) about their wrists, which move to distance (N,) times as far from the camera."""
    wrist = hands.joints[:, :1]

    def place(points: Array) -> Array:
        return (points - wrist) * size[:, None, None] + wrist * distance[:, None, None]

    return replace(hands, vertices=place(hands.vertices), joints=place(hands.joints), landmarks=place(hands.landmarks))


def _mirrors(sides: list[Side]) -> Array:
    """(N, 1, 3) factors that turn each side's hand into a right one and back."""
    return np.stack([MIRROR if side == Side.LEFT else np.ones(3) for side in sides])[:, None]


def axis_to_ray(rays: Array) -> Array:
    """Smallest rotations (N, 3, 3) from the optical axis to rays (N, 2)."""
    cos = 1 / np.sqrt(1 + (rays**2).sum(axis=1))
    cross = np.column_stack([-rays[:, 1], rays[:, 0], np.zeros(len(rays))]) * cos[:, None]
    skew = skew_matrix(cross)
    return np.eye(3) + skew + (skew @ skew) / (1 + cos)[:, None, None]
