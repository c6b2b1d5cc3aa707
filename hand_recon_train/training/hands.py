"""Annotated hands as arrays of fixed shapes, and what mirrors, turns and crops do to them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from hand_recon_ros.camera import project
from hand_recon_ros.hand_model import axis_angle_to_matrix, matrix_to_axis_angle
from hand_recon_ros.types import JOINT_COUNT, CameraModel, FloatArray, Side
from hand_recon_train.datasets import HandTruth, PoseKind
from hand_recon_train.datasets.sample import Mask

VERTICES = 778
OTHER_SIDE = np.array([-1, 1, 1], np.float32)
OTHER_AXES = np.array([1, -1, -1], np.float32)
Affine = npt.NDArray[np.float64]


@dataclass(frozen=True)
class HandArrays:
    """One hand of a picture; NaN is not known. Shapes and units as in Batch, without its leading dimensions."""

    right: bool
    vertices: FloatArray
    joints: FloatArray
    vertices_2d: FloatArray
    joints_2d: FloatArray
    pose: FloatArray
    betas: FloatArray
    mask: Mask | None


def hand_arrays(hand: HandTruth, camera: CameraModel | None) -> HandArrays:
    """Arrays of an annotated hand, whose parameters count where they are ready for skinning."""
    vertices, places = np.full((VERTICES, 3), np.nan, np.float32), np.full((VERTICES, 2), np.nan, np.float32)
    if hand.vertices is not None and len(hand.vertices) == VERTICES:
        vertices = hand.vertices.astype(np.float32)
        seen_by = hand.camera or camera
        places = project(seen_by, vertices) if seen_by is not None and hand.placed else places
    pose, betas = np.full((16, 3), np.nan, np.float32), np.full(10, np.nan, np.float32)
    if hand.mano is not None and hand.mano.kind == PoseKind.FULL:
        pose, betas = hand.mano.pose.reshape(16, 3).astype(np.float32), hand.mano.betas.astype(np.float32)
    joints_2d = hand.joints_2d.astype(np.float32)
    return HandArrays(
        hand.side != Side.LEFT, vertices, hand.joints.astype(np.float32), places, joints_2d, pose, betas, hand.mask
    )


def absent_hand(right: bool) -> HandArrays:
    """A place without a hand."""
    hand, flat = np.full((VERTICES, 3), np.nan, np.float32), np.full((VERTICES, 2), np.nan, np.float32)
    count, pose = JOINT_COUNT, np.full((16, 3), np.nan, np.float32)
    return HandArrays(right, hand, hand[:count], flat, flat[:count], pose, hand[:10, 0], None)


def mirrored(hand: HandArrays, width: int) -> HandArrays:
    """The hand in the mirrored picture of so many columns: one of the other side."""
    edge = np.array([width - 1, 0], np.float32)
    return HandArrays(
        not hand.right,
        hand.vertices * OTHER_SIDE,
        hand.joints * OTHER_SIDE,
        edge + hand.vertices_2d * OTHER_SIDE[:2],
        edge + hand.joints_2d * OTHER_SIDE[:2],
        hand.pose * OTHER_AXES,
        hand.betas,
        None if hand.mask is None else cv2.flip(hand.mask.astype(np.uint8), 1) > 0,
    )


def cropped(hand: HandArrays, to_image: Affine) -> HandArrays:
    """The hand in a crop, by the map (2, 3) from its pixels: pixels move, and space turns about the optical axis."""
    linear, shift = to_image[:, :2], to_image[:, 2]
    back = np.linalg.inv(linear)
    turn = np.eye(3)
    turn[:2, :2] = np.linalg.det(linear) ** 0.5 * back
    space = turn.T.astype(np.float32)
    wrist = hand.pose[0]
    if np.isfinite(wrist).all():
        wrist = matrix_to_axis_angle(turn @ axis_angle_to_matrix(wrist.astype(np.float64)))
    return replace(
        hand,
        vertices=hand.vertices @ space,
        joints=hand.joints @ space,
        vertices_2d=((hand.vertices_2d - shift) @ back.T).astype(np.float32),
        joints_2d=((hand.joints_2d - shift) @ back.T).astype(np.float32),
        pose=np.concatenate([wrist[None], hand.pose[1:]]).astype(np.float32),
    )
