"""How far human finger joints move: axes and limits in the rest frame of the free hand, and the rotations between."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from array_api_compat import array_namespace

from hand_recon_ros.hand_model.model import MIRROR, free_hand_data
from hand_recon_ros.hand_model.rotations import axis_angle_to_matrix
from hand_recon_ros.types import FloatArray


@dataclass(frozen=True)
class JointAnatomy:
    """Axes and limits of the 15 finger joints of a right hand, in the model's order.

    A joint's rotation is R(abduction) R(flexion) R(twist). Positive flexion bends towards the palm, positive abduction
    moves towards the thumb's side (the thumb: away from the palm).

    Attributes:
        axes: (15, 3, 3) unit axes in the rest frame, rows flexion, abduction, twist.
        lower, upper: (15, 3) limits in radians, same order.
    """

    axes: FloatArray
    lower: FloatArray
    upper: FloatArray

    def mirrored(self) -> JointAnatomy:
        """The left hand's: the same angles turn about mirrored axes."""
        return replace(self, axes=self.axes * -MIRROR)


@lru_cache(maxsize=1)
def free_hand_anatomy() -> JointAnatomy:
    """Anatomy of the right free hand."""
    data = free_hand_data()
    return JointAnatomy(data["joint_axes"], data["joint_lower"], data["joint_upper"])


def rotations_from_angles(axes: Any, angles: Any) -> Any:
    """Joint rotations (..., 15, 3, 3) from angles (..., 15, 3), flexion abduction twist, in radians."""
    xp = array_namespace(angles)
    turns = axis_angle_to_matrix(xp.asarray(axes) * angles[..., None])
    return turns[..., 1, :, :] @ turns[..., 0, :, :] @ turns[..., 2, :, :]
