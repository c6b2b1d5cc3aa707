"""`~/left/...` and `~/right/...`: one hand of a side, in standard messages for teleoperation and other tools."""

from __future__ import annotations

import numpy as np

from hand_recon_ros.bus.float_codec import FLOAT32, encode_float32
from hand_recon_ros.bus.interface import RESULTS, Bus
from hand_recon_ros.bus.joint_state_codec import JOINT_STATE, encode_joint_state
from hand_recon_ros.bus.pose_codec import POSE_ARRAY, POSE_STAMPED, encode_pose_array, encode_pose_stamped
from hand_recon_ros.hand_model import ANGLES
from hand_recon_ros.node.outputs.posed_hand import PosedHand
from hand_recon_ros.types import Joint, Side


class SideOutput:
    """Joints, wrist, joint angles and pinch of one hand, each while somebody subscribes."""

    def __init__(self, bus: Bus, side: Side):
        name = side.name.lower()
        self.angle_names = tuple(f"{name}_{angle}" for angle in ANGLES)
        self._joints = bus.publisher(f"~/{name}/joints", POSE_ARRAY, RESULTS)
        self._wrist = bus.publisher(f"~/{name}/wrist", POSE_STAMPED, RESULTS)
        self._angles = bus.publisher(f"~/{name}/joint_states", JOINT_STATE, RESULTS)
        self._pinch = bus.publisher(f"~/{name}/pinch", FLOAT32, RESULTS)

    def publish(self, posed: PosedHand, stamp_ns: int, frame_id: str) -> None:
        """Publish the hand of one frame; nothing is published while the side is not in view."""
        if self._joints.subscription_count():
            self._joints.publish(encode_pose_array(stamp_ns, frame_id, posed.poses))
        if self._wrist.subscription_count():
            self._wrist.publish(encode_pose_stamped(stamp_ns, frame_id, posed.wrist))
        if self._angles.subscription_count():
            self._angles.publish(encode_joint_state(stamp_ns, frame_id, self.angle_names, posed.angles))
        if self._pinch.subscription_count():
            self._pinch.publish(encode_float32(pinch(posed)))

    def close(self) -> None:
        """Leave the topics."""
        for publisher in (self._joints, self._wrist, self._angles, self._pinch):
            publisher.close()


def pinch(posed: PosedHand) -> float:
    """Distance from the thumb's tip to the index finger's, in metres."""
    joints = posed.hand.joints
    return float(np.linalg.norm(joints[Joint.THUMB_TIP] - joints[Joint.INDEX_TIP]))
