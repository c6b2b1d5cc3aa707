"""The 21 joints as retargeting wants them: seen from the wrist, in the operator frame, of one hand's size."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from hand_recon_ros.bus.hand_decoder import rotation_of
from hand_recon_ros.hand_model import load_free_hand, skin
from hand_recon_ros.pipeline.reconstruction import OPERATOR
from hand_recon_ros.types import JOINT_COUNT, Hand, Joint, Side

Array = npt.NDArray[np.floating]

KNUCKLES = [Joint.INDEX_MCP, Joint.MIDDLE_MCP, Joint.RING_MCP, Joint.PINKY_MCP]


def operator_joints(hand: Hand) -> Array:
    """Joints (21, 3) of a hand from its wrist, metres, in its operator frame.

    The frame is that of retargeting tools: x out of the palm, z to the fingertips, and y from pinky to thumb on a
    right hand and from thumb to pinky on a left one.
    """
    return (np.asarray(hand.joints, np.float64) - hand.wrist.position) @ hand.wrist.rotation


def joints_of_poses(poses: Array) -> Array:
    """The same from poses (21, 7), position and quaternion, as the node publishes them on `~/<side>/joints`.

    Raises:
        ValueError: another number of poses.
    """
    if poses.shape != (JOINT_COUNT, 7):
        raise ValueError(f"expected {JOINT_COUNT} poses, one for each joint of a hand, got {len(poses)}")
    return np.asarray((poses[:, :3] - poses[0, :3]) @ rotation_of(poses[0, 3:]))


def palm_size(joints: Array) -> float:
    """Mean distance of the four knuckles from the wrist, metres: bones that no pose changes."""
    return float(np.linalg.norm(joints[KNUCKLES] - joints[Joint.WRIST], axis=1).mean())


def of_reference_size(joints: Array, side: Side) -> Array:
    """Joints (21, 3) scaled so that the palm is as large as the reference hand's.

    So neither the person's size nor a scale that the camera could only assume reaches the robot.
    """
    return joints * (palm_size(reference_joints(side)) / palm_size(joints))


@lru_cache(maxsize=2)
def reference_joints(side: Side) -> Array:
    """Joints (21, 3) of the flat free hand in its operator frame: an adult's average hand."""
    flat = np.tile(np.eye(3, dtype=np.float32), (16, 1, 1))
    joints = skin(load_free_hand(side), flat, np.zeros(10, np.float32))[1].astype(np.float64)
    return np.asarray((joints - joints[Joint.WRIST]) @ OPERATOR[side])
