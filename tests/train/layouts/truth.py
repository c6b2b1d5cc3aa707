"""Rendered hands whose every parameter is known, posed by a hand with a mean pose and pose components of its own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache, partial

import cv2
import numpy as np

from hand_recon_ros.camera import project
from hand_recon_ros.hand_model import (
    HandModel,
    axis_angle_to_matrix,
    free_hand_anatomy,
    free_hand_appearance,
    load_free_hand,
    matrix_to_axis_angle,
    rotations_from_angles,
    skin,
)
from hand_recon_ros.hand_model.mano import TIP_VERTICES
from hand_recon_ros.render.layers import Mesh, draw_meshes, lay_over
from hand_recon_ros.render.rasterizer import rasterize
from hand_recon_ros.types import CameraModel, Side
from hand_recon_train.datasets.composites import smooth_backdrop

FULL_CHROMA = (cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444)


@dataclass(frozen=True)
class TrueHand:
    """One hand: pose (48,) axis-angle ready for skinning, betas, translation, vertices, joints, and a mask."""

    side: Side
    pose: np.ndarray
    betas: np.ndarray
    translation: np.ndarray
    vertices: np.ndarray
    joints: np.ndarray
    mask: np.ndarray


@dataclass(frozen=True)
class TrueScene:
    """A picture, its camera, and the hands in it."""

    image: np.ndarray
    camera: CameraModel
    hands: tuple[TrueHand, ...]

    def pixels(self, hand: TrueHand) -> np.ndarray:
        return project(self.camera, hand.joints)


def renumbered(model: HandModel, tips: tuple[int, ...]) -> HandModel:
    """The hand with its vertices in another order, in which the fingertips have given numbers."""
    order = np.arange(len(model.template))
    for tip, old in zip(tips, model.tip_vertices.tolist(), strict=True):
        at = int(np.flatnonzero(order == old)[0])
        order[[tip, at]] = order[[at, tip]]
    by_vertex = ("template", "shape_directions", "pose_directions", "weights")
    arrays = {name: np.ascontiguousarray(getattr(model, name)[order]) for name in by_vertex}
    return replace(
        model,
        tip_vertices=np.array(tips, np.int32),
        faces=np.argsort(order).astype(np.int32)[model.faces],
        joint_regressor=np.ascontiguousarray(model.joint_regressor[:, order]),
        **arrays,
    )


@lru_cache(maxsize=1)
def stand_in_models() -> dict[Side, HandModel]:
    """The free hand as MANO is: fingertips at its vertices, poses less a mean or as coefficients of components."""
    rng = np.random.default_rng(11)
    right = replace(
        load_free_hand(),
        mean_pose=rng.normal(0, 0.2, 45).astype(np.float32),
        pose_components=np.linalg.qr(rng.normal(size=(45, 45)))[0].astype(np.float32),
    )
    return {
        Side.RIGHT: renumbered(right, TIP_VERTICES[Side.RIGHT]),
        Side.LEFT: renumbered(right.mirrored(), TIP_VERTICES[Side.LEFT]),
    }


@lru_cache(maxsize=64)
def scene(
    seed: int = 0, sides: tuple[Side, ...] = (Side.RIGHT,), size: tuple[int, int] = (112, 112), distance: float = 0.5
) -> TrueScene:
    """Hands of random pose and shape beside each other, in a camera with an off-centre principal point."""
    rng = np.random.default_rng((seed, *sides))
    width, height = size
    focal = 1.9 * min(size)
    camera = CameraModel(focal, 1.01 * focal, 0.52 * width, 0.49 * height, width, height)
    hands = [_hand(rng, side, k - (len(sides) - 1) / 2, distance) for k, side in enumerate(sides)]
    image = smooth_backdrop(rng, height, width)
    lay_over(image, draw_meshes([_skin(rng, hand) for hand in hands], camera))
    return TrueScene(image, camera, tuple(_with_masks(hands, camera)))


def _skin(rng: np.random.Generator, hand: TrueHand) -> Mesh:
    tone = np.array([0.8, 0.6, 0.5]) * rng.uniform(0.4, 1.1)
    texture = partial(free_hand_appearance(hand.side).colours, tone=tone)
    return Mesh(hand.vertices, stand_in_models()[hand.side].faces, texture)


def _hand(rng: np.random.Generator, side: Side, place: float, distance: float) -> TrueHand:
    anatomy = free_hand_anatomy()
    axes = anatomy.axes if side == Side.RIGHT else anatomy.mirrored().axes
    angles = anatomy.lower + (anatomy.upper - anatomy.lower) * rng.beta(2, 2, (15, 3))
    fingers = rotations_from_angles(axes, angles.astype(np.float32))
    turn = axis_angle_to_matrix(rng.normal(0, 1.2, (1, 3)))
    pose = matrix_to_axis_angle(np.concatenate([turn, fingers])).reshape(48).astype(np.float32)
    betas = rng.normal(0, 0.7, 10).astype(np.float32)
    rotations = axis_angle_to_matrix(pose.reshape(16, 3))
    model = stand_in_models()[side]
    middle = skin(model, rotations, betas)[1].mean(axis=0)
    translation = np.array([0.15 * place, 0, distance], np.float32) - middle
    vertices, joints = skin(model, rotations, betas, translation)
    return TrueHand(side, pose, betas, translation, vertices, joints, np.zeros((0, 0), bool))


def _with_masks(hands: list[TrueHand], camera: CameraModel) -> list[TrueHand]:
    points = np.concatenate([hand.vertices for hand in hands])
    faces = np.concatenate([stand_in_models()[hand.side].faces + 778 * k for k, hand in enumerate(hands)])
    seen = rasterize(project(camera, points), points[:, 2], faces, (camera.height, camera.width)).face
    owner = np.where(seen >= 0, seen // 1538, -1)
    return [replace(hand, mask=owner == k) for k, hand in enumerate(hands)]


def less_mean(hand: TrueHand) -> np.ndarray:
    """The pose (48,) less the mean."""
    return np.concatenate([hand.pose[:3], hand.pose[3:] - stand_in_models()[hand.side].mean_pose])


def coefficients(hand: TrueHand) -> np.ndarray:
    """Wrist (3,) and pose coefficients (45,)."""
    components = stand_in_models()[hand.side].pose_components.astype(np.float64)
    return np.concatenate([hand.pose[:3], np.linalg.solve(components.T, less_mean(hand)[3:])])


def pivot(hand: TrueHand) -> np.ndarray:
    """Where the wrist lies (3,) before rotation and translation."""
    model = stand_in_models()[hand.side]
    return model.joints_template[0] + model.joint_directions[0] @ hand.betas


def write_picture(path, rgb, quality=98):
    """An RGB picture or a grey one, as the ending says."""
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = rgb if rgb.ndim == 2 else rgb[..., ::-1]
    options = [cv2.IMWRITE_JPEG_QUALITY, quality, *FULL_CHROMA] if path.suffix == ".jpg" else []
    _, data = cv2.imencode(path.suffix, picture, options)
    path.write_bytes(data.tobytes())


def theta(hand: TrueHand, camera: CameraModel, pose: np.ndarray) -> np.ndarray:
    """FreiHAND's 61 numbers: pose, shape, and u, v, scale of the middle finger's root."""
    x, y, z = hand.joints[9].astype(np.float64)
    focal = (camera.fx + camera.fy) / 2
    return np.concatenate([pose, hand.betas, [focal * x / z + camera.cx, focal * y / z + camera.cy, focal / z]])
