"""HandOccNet's published way to metres: the translation, alone, that projects a posed hand onto where it was seen."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from hand_recon_ros.camera import normalise, project
from hand_recon_ros.hand_model import HandModel
from hand_recon_ros.networks.translation_fit import fit_translation, published_camera
from hand_recon_ros.types import CameraModel, FloatArray, Hand, Pose

Array = npt.NDArray[np.floating]


@dataclass(frozen=True)
class FittedHand:
    """A hand and the translation of its model's origin.

    Attributes:
        hand: placed by the translation.
        camera: intrinsics that were used.
        translation: (3,) metres.
        error_px: sum over joints and both axes of the distance between projected and seen joints.
        origin_vertices: (V, 3) metres in the camera's axes, without the translation.
        pose: (48,) axis-angle of MANO's joints, without its mean pose, and betas: (10,).
    """

    hand: Hand
    camera: CameraModel
    translation: Array
    error_px: float
    origin_vertices: FloatArray
    pose: Array
    betas: FloatArray


def fit_hand(
    hand: Hand, model: HandModel, size: tuple[int, int], camera: CameraModel | None = None, depth: float | None = None
) -> FittedHand:
    """Place a hand by the sum of absolute distances of its joints in the picture.

    Args:
        hand: with parameters of the model.
        model: of its side.
        size: width and height of the picture.
        camera: intrinsics; None takes the published demonstration's.
        depth: metres to start from; None estimates the start.

    Raises:
        ValueError: the hand came from a network that gives no parameters.
    """
    if hand.pose is None or hand.betas is None:
        raise ValueError("a fit needs a model that gives MANO's parameters, such as handoccnet; choose another model")
    used = published_camera(*size) if camera is None else camera
    # The model's wrist joint does not move with its pose, so that it tells where the origin is.
    origin = hand.joints[0] - (model.joints_template[0] + model.joint_directions[0] @ hand.betas)
    joints = hand.joints - origin
    pinhole = replace(used, distortion=())
    pixels = normalise(used, hand.joints_2d) * (used.fx, used.fy) + (used.cx, used.cy)
    fit = fit_translation(joints, pixels, pinhole, depth)
    return FittedHand(
        hand=_moved(hand, (fit.translation - origin).astype(np.float32), used),
        camera=used,
        translation=fit.translation,
        error_px=fit.error_px,
        origin_vertices=hand.vertices - origin,
        pose=np.concatenate([hand.pose[0], hand.pose[1:].ravel() - model.mean_pose]),
        betas=hand.betas,
    )


def _moved(hand: Hand, by: FloatArray, camera: CameraModel) -> Hand:
    joints = hand.joints + by
    return replace(
        hand,
        vertices=hand.vertices + by,
        joints=joints,
        joints_2d=project(camera, joints),
        wrist=Pose(hand.wrist.rotation, joints[0]),
    )
