"""How far human finger joints move: axes and limits in the rest frame of the free hand, and the rotations between."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from array_api_compat import array_namespace

from hand_recon_ros.hand_model.model import MIRROR, free_hand_data
from hand_recon_ros.hand_model.rotations import axis_angle_to_matrix
from hand_recon_ros.types import FloatArray

GIMBAL = 1e-3
"""Cosine of the flexion under which abduction and twist cannot be told apart."""


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


def angles_from_rotations(axes: Any, rotations: Any) -> Any:
    """Angles (..., 15, 3) of joint rotations (..., 15, 3, 3): the inverse of `rotations_from_angles`.

    Of the two answers it gives the one with abduction under a right angle. Near 90 degrees of flexion abduction and
    twist turn about the same axis, and all of the turn may come out as twist.
    """
    xp = array_namespace(rotations)
    frame = xp.asarray(axes)
    local = frame @ rotations @ xp.matrix_transpose(frame)  # R_y(abduction) R_x(flexion) R_z(twist)
    across, ahead = local[..., 0, 2], local[..., 2, 2]
    turned = xp.where(ahead < 0, -xp.ones_like(ahead), xp.ones_like(ahead))
    reach = xp.sqrt(across * across + ahead * ahead)
    flexion = xp.atan2(-local[..., 1, 2], turned * reach)
    zero = xp.zeros_like(ahead)
    abduction = xp.where(reach < GIMBAL, zero, xp.atan2(turned * across, turned * ahead))
    swing = rotations_from_angles(axes, xp.stack([flexion, abduction, zero], axis=-1))
    rest = frame @ xp.matrix_transpose(swing) @ rotations @ xp.matrix_transpose(frame)
    return xp.stack([flexion, abduction, xp.atan2(rest[..., 1, 0], rest[..., 0, 0])], axis=-1)
