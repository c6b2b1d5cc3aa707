"""HandOccNet's five losses (Park et al., CVPR 2022), which InteractHand shares."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from hand_recon_ros.hand_model import axis_angle_to_matrix
from hand_recon_ros.networks.handoccnet import INPUT_SIZE, HandOccNet, PosedHands
from hand_recon_ros.networks.mano_head import ManoLayer
from hand_recon_train.batch import Batch
from hand_recon_train.losses.setting import Setting
from hand_recon_train.losses.terms import full_precision, mse


@dataclass(frozen=True)
class HandOccNetLoss:
    """Weights of the terms as published; vertices and joints are those that true pose and shape give, not centred."""

    vertices: float = 1e4
    joints: float = 1e4
    pose: float = 10.0
    shape: float = 0.1
    pixels: float = 100.0

    def __call__(self, network: HandOccNet, batch: Batch, setting: Setting) -> dict[str, Tensor]:
        """Weighted terms of a batch."""
        found = network(batch.images)
        with full_precision(batch.pose):
            return self.terms(found, batch, network.regressor.mano_regHead.mano_layer)

    def terms(self, found: PosedHands, batch: Batch, layer: ManoLayer) -> dict[str, Tensor]:
        """Weighted terms of hands that were found."""
        pose, betas, known = batch.pose[:, 0], batch.betas[:, 0], batch.has_pose[:, 0]
        with torch.no_grad():
            vertices, joints = layer.hand(axis_angle_to_matrix(pose), betas)
            rotations = axis_angle_to_matrix(pose - layer.mean_pose)
        pixels = (found.joints_2d - batch.joints_2d[:, 0]) / INPUT_SIZE
        return {
            "vertices": self.vertices * mse(found.vertices, vertices, known),
            "joints": self.joints * mse(found.joints, joints, known),
            "pose": self.pose * mse(found.rotations, rotations, known),
            "shape": self.shape * mse(found.betas, betas, known),
            "pixels": self.pixels * mse(pixels, torch.zeros_like(pixels), batch.has_pixels[:, 0]),
        }
