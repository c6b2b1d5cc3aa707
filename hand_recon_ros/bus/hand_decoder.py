"""HandArray messages back to a HandFrame, for what shows or evaluates the results of a node."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from hand_recon_ros.bus.hand_codec import HAND_ARRAY, HAND_MESH_TOPOLOGY, decode_hand_message
from hand_recon_ros.bus.interface import Cdr
from hand_recon_ros.types import (
    CameraModel,
    FloatArray,
    Hand,
    HandFrame,
    IndexArray,
    Pose,
    Roi,
    ScaleSource,
    Side,
    Timing,
)

NO_FACES = np.empty((0, 3), np.int32)


def decode_hand_array(cdr: Cdr, faces: Mapping[int, IndexArray]) -> HandFrame:
    """A HandArray as a frame.

    Args:
        cdr: the message.
        faces: (F, 3) of each topology id, as `decode_topology` gives them; hands of unknown topology have no faces.
    """
    message = decode_hand_message(cdr, HAND_ARRAY)
    info, stamp = message.camera_info, message.header.stamp
    camera = CameraModel(
        info.k[0],
        info.k[4],
        info.k[2],
        info.k[5],
        info.width,
        info.height,
        tuple(info.d.tolist()),
        info.distortion_model,
    )
    timing = Timing(*(float(value) for value in message.latency_ms))
    hands = tuple(_hand(hand, faces.get(hand.topology_id, NO_FACES)) for hand in message.hands)
    return HandFrame(hands, camera, stamp.sec * 10**9 + stamp.nanosec, message.header.frame_id, timing)


def decode_topology(cdr: Cdr) -> tuple[int, IndexArray]:
    """Id and faces (F, 3) of a HandMeshTopology."""
    message = decode_hand_message(cdr, HAND_MESH_TOPOLOGY)
    return message.topology_id, message.faces.astype(np.int32).reshape(-1, 3)


def _hand(message: Any, faces: IndexArray) -> Hand:
    position, turn, roi = message.wrist.pose.position, message.wrist.pose.orientation, message.roi
    wrist = Pose(
        rotation_of(np.array([turn.x, turn.y, turn.z, turn.w])),
        np.array([position.x, position.y, position.z], np.float32),
    )
    estimated = not np.isnan(message.mano_pose).any()
    return Hand(
        side=Side(message.side),
        side_score=message.side_score,
        score=message.score,
        track_id=message.track_id,
        scale_source=ScaleSource(message.scale_source),
        joints=message.joints.reshape(21, 3),
        joints_2d=message.joints_2d.reshape(21, 2),
        joint_scores=message.joint_scores,
        vertices=message.vertices.reshape(-1, 3),
        faces=faces,
        wrist=wrist,
        roi=Roi(roi.x_offset, roi.y_offset, roi.width, roi.height),
        pose=message.mano_pose.reshape(16, 3) if estimated else None,
        betas=message.mano_betas if estimated else None,
    )


def rotation_of(quaternion: FloatArray) -> FloatArray:
    """Rotation matrix (3, 3) of a unit quaternion (4,), x y z w."""
    x, y, z, w = quaternion
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ],
        np.float32,
    )
