"""The hand model as a torch module, for CUDA, training and ONNX export."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import torch
from torch import Tensor, nn

from hand_recon_ros.hand_model.model import HandModel
from hand_recon_ros.hand_model.rotations import axis_angle_to_matrix
from hand_recon_ros.hand_model.skinning import skin


class HandLayer(nn.Module):
    """Poses and shapes batches of hands, differentiably; holds the model's float arrays as buffers."""

    def __init__(self, model: HandModel) -> None:
        """Copy the model's arrays; move them with .to()."""
        super().__init__()
        self.side, self.model_name = model.side, model.name
        # Plain numbers, not tensors: an export must not depend on them.
        self.parents = tuple(model.parents.tolist())
        self.tip_vertices = tuple(model.tip_vertices.tolist())
        for field in fields(model):
            array = getattr(model, field.name)
            if isinstance(array, np.ndarray) and array.dtype == np.float32:
                self.register_buffer(field.name, torch.from_numpy(array.copy()), persistent=False)

    def forward(self, pose: Tensor, betas: Tensor, translation: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Vertices (B, V, 3) and joints (B, 21, 3), metres, in the order of types.Joint.

        Args:
            pose: axis-angle (B, 48) as it is, without the model's mean pose, or rotations (B, 16, 3, 3).
            betas: (B, 10) shape coefficients.
            translation: (B, 3) metres.
        """
        if pose.ndim == 2:
            pose = axis_angle_to_matrix(pose.reshape(-1, 16, 3))
        return skin(self, pose, betas, translation)
