"""Parametric hands: the free hand that comes with the package, MANO files of the user's own, and their skinning."""

from hand_recon_ros.hand_model.anatomy import (
    JointAnatomy,
    angles_from_rotations,
    free_hand_anatomy,
    rotations_from_angles,
)
from hand_recon_ros.hand_model.appearance import HandAppearance, free_hand_appearance
from hand_recon_ros.hand_model.joint_angles import ANGLES, FingerBones, finger_bones, joint_angles
from hand_recon_ros.hand_model.mano import load_mano, repaired_left
from hand_recon_ros.hand_model.model import HandModel, load_free_hand
from hand_recon_ros.hand_model.rotations import (
    axis_angle_to_matrix,
    matrix_to_axis_angle,
    matrix_to_quaternion,
    skew_matrix,
)
from hand_recon_ros.hand_model.skinning import joint_transforms, skin

__all__ = [
    "ANGLES",
    "FingerBones",
    "HandAppearance",
    "HandModel",
    "JointAnatomy",
    "angles_from_rotations",
    "axis_angle_to_matrix",
    "finger_bones",
    "free_hand_anatomy",
    "free_hand_appearance",
    "joint_angles",
    "joint_transforms",
    "load_free_hand",
    "load_mano",
    "matrix_to_axis_angle",
    "matrix_to_quaternion",
    "repaired_left",
    "rotations_from_angles",
    "skew_matrix",
    "skin",
]
