"""Joints of a mesh that a network regresses without a hand model's pose."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from hand_recon_ros.hand_model import HandModel
from hand_recon_ros.hand_model.model import TO_21

FREE_HAND = "free_hand"


class UserArrays(nn.Module):
    """Holds a hand model's arrays: no part of the state dict, since they stay the user's.

    They stay float32 in a network of half precision, whose steps at the length of a hand are a tenth of a millimetre.
    """

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> UserArrays:
        return super()._apply(lambda tensor: tensor.to(fn(tensor[:0]).device), recurse)


class MeshJoints(UserArrays):
    """The 21 joints (..., 21, 3) of vertices (..., V, 3): 16 by the hand model's regressor, and five fingertips."""

    regressor: Tensor

    def __init__(self, hand: HandModel, tip_vertices: Sequence[int]) -> None:
        """Take the regressor of a hand model, and which of MANO's vertices a network was trained to call tips.

        On the free hand, whose vertices are others, its own tips are taken.
        """
        super().__init__()
        tips = hand.tip_vertices if hand.name == FREE_HAND else np.array(tip_vertices)
        rows = np.concatenate([hand.joint_regressor, np.eye(len(hand.template), dtype=np.float32)[tips]])
        self.register_buffer("regressor", torch.from_numpy(rows[TO_21]), persistent=False)

    def forward(self, vertices: Tensor) -> Tensor:
        """Regress; see the class for shapes."""
        return self.regressor @ vertices.float()
