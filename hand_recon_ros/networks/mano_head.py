"""From a network's numbers to a posed hand, as the networks that predict MANO's parameters do it."""

from __future__ import annotations

import roma
import torch
from torch import Tensor

from hand_recon_ros.hand_model import HandModel, axis_angle_to_matrix
from hand_recon_ros.hand_model.layer import HandLayer
from hand_recon_ros.networks.mesh_joints import UserArrays
from hand_recon_ros.types import Side


def rotations_from_6d(values: Tensor) -> Tensor:
    """Rotations (..., 3, 3) whose first two columns are the orthonormalised halves of values (..., 6).

    The continuous representation of Zhou et al., "On the Continuity of Rotation Representations", CVPR 2019.
    """
    return roma.special_gramschmidt(values.unflatten(-1, (2, 3)).mT)


def right_hand(model: HandModel | None) -> HandModel:
    """The hand model, which must be a right one: these networks see left hands mirrored.

    Raises:
        ValueError: no hand model, or a left one.
    """
    if model is None or model.side != Side.RIGHT:
        given = "none" if model is None else f"a {model.side.name.lower()} one"
        raise ValueError(f"expected the hand model of a right hand, such as MANO_RIGHT.pkl, got {given}; give it")
    return model


def left_hand(model: HandModel) -> HandModel:
    """The hand model, which must be a left one.

    Raises:
        ValueError: a right one.
    """
    if model.side != Side.LEFT:
        raise ValueError("expected the hand model of a left hand, such as MANO_LEFT.pkl, got a right one; give it")
    return model


class ManoLayer(UserArrays):
    """Poses a hand model from axis-angle that the model's mean pose is still to be added to.

    The computation stays float32, as the arrays do.
    """

    mean_pose: Tensor

    def __init__(self, model: HandModel, flat_hand_mean: bool = False) -> None:
        """Take a hand model; with flat_hand_mean the axis-angle is taken as it is."""
        super().__init__()
        self.hand = HandLayer(model)
        mean = torch.zeros(16, 3)
        if not flat_hand_mean:
            mean[1:] = torch.from_numpy(model.mean_pose).reshape(15, 3)
        self.register_buffer("mean_pose", mean, persistent=False)

    def full_pose(self, axis_angle: Tensor) -> Tensor:
        """Axis-angle (B, 16, 3) with the mean pose added to the fingers."""
        return axis_angle + self.mean_pose

    def forward(self, axis_angle: Tensor, betas: Tensor) -> tuple[Tensor, Tensor]:
        """Vertices (B, V, 3) and joints (B, 21, 3), metres, from axis-angle (B, 16, 3) and betas (B, 10).

        Nothing is centred: the hand turns about its wrist joint, which stays where the shape puts it.
        """
        return self.hand(axis_angle_to_matrix(self.full_pose(axis_angle)), betas)
