"""Hands of one side, with the poses and angles of their joints worked out once for all topics that show them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from hand_recon_ros.bus.hand_codec import quaternion_of
from hand_recon_ros.hand_model import FingerBones, finger_bones, joint_angles, matrix_to_quaternion
from hand_recon_ros.types import Hand, Side

Array = npt.NDArray[np.floating]

BONE_OF_JOINT = [bone for finger in range(5) for bone in (3 * finger, 3 * finger + 1, 3 * finger + 2, 3 * finger + 2)]
"""Bone whose frame each joint but the wrist takes: the one that begins there, at a tip the one that ends there."""


@dataclass(frozen=True)
class PosedHand:
    """A hand whose joints and wrist are finite numbers."""

    hand: Hand

    @cached_property
    def _bones(self) -> FingerBones:
        return finger_bones(self.hand.joints, self.hand.side)

    @cached_property
    def angles(self) -> Array:
        """(21,) radians, named by hand_model.ANGLES."""
        return joint_angles(self._bones)

    @cached_property
    def wrist(self) -> Array:
        """(7,) position and quaternion of the operator frame in the camera frame."""
        return np.array([*self.hand.wrist.position, *quaternion_of(self.hand.wrist.rotation)])

    @cached_property
    def rotations(self) -> Array:
        """(21, 3, 3) frames of the joints in the camera frame: the operator frame at the wrist, else of the bones."""
        frames = self._bones.frames.reshape(-1, 3, 3)[BONE_OF_JOINT]
        return np.concatenate([self.hand.wrist.rotation[None], frames])

    @cached_property
    def poses(self) -> Array:
        """(21, 7) position and quaternion of each joint in the camera frame."""
        return pose_rows(self.hand.joints, self.rotations)

    @cached_property
    def poses_from_wrist(self) -> Array:
        """(21, 7) position and quaternion of each joint in the operator frame at the wrist."""
        rotation, position = self.hand.wrist
        return pose_rows((self.hand.joints - position) @ rotation, rotation.T @ self.rotations)


def posed_hands(hands: Sequence[Hand], side: Side) -> list[PosedHand]:
    """The hands of a side, the longest tracked one first, so that topics for one hand do not jump between two."""
    own = [hand for hand in hands if hand.side == side and _finite(hand)]
    own.sort(key=lambda hand: (not hand.track_id, hand.track_id, -hand.score))
    return [PosedHand(hand) for hand in own]


def pose_rows(positions: Array, rotations: Array) -> Array:
    """Poses (N, 7), position and quaternion x y z w with w >= 0, of positions (N, 3) and rotations (N, 3, 3)."""
    quaternions = matrix_to_quaternion(rotations)
    return np.concatenate([positions, np.where(quaternions[:, 3:] < 0, -quaternions, quaternions)], axis=1)


def _finite(hand: Hand) -> bool:
    return bool(
        np.isfinite(hand.joints).all()
        and np.isfinite(hand.wrist.rotation).all()
        and np.isfinite(hand.wrist.position).all()
    )
