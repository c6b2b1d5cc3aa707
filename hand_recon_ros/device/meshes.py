"""From fitted hands to meshes, joints, landmarks and wrist frames in the camera frame, on the device.

The sums of `hand_model.skin` and `pipeline.reconstruction`, which build constants and index lists at every call.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from hand_recon_ros.device.articulation import PointTables, joint_rotations, world_rotations
from hand_recon_ros.device.fitting import State
from hand_recon_ros.device.rotations import axis_angles
from hand_recon_ros.hand_model import HandModel
from hand_recon_ros.hand_model.model import TO_21
from hand_recon_ros.pipeline.articulation import FINGER_SHAPE, PARENTS, Articulation
from hand_recon_ros.pipeline.reconstruction import OPERATOR
from hand_recon_ros.types import Side


@dataclass(frozen=True)
class MeshTables:
    """A right hand model on the device: V vertices, B shapes; float32.

    Attributes:
        template: (V * 3,), and blends: (B + 135, V * 3) its change with shape and joint rotations.
        joints: (48,), and joint_shapes: (B, 48).
        weights: (V, 16) of skinning.
        tips, order: (5,) vertices, and (21,) places of the joints among 16 joints and 5 tips.
        parents: (15,) of the finger joints.
        regressor: (21, V) the landmark network's points.
        mirror: (3,) negates x. operators: (2, 3, 3) rest frames of the right and of the left wrist.
    """

    template: Tensor
    blends: Tensor
    joints: Tensor
    joint_shapes: Tensor
    weights: Tensor
    tips: Tensor
    order: Tensor
    parents: Tensor
    regressor: Tensor
    mirror: Tensor
    operators: Tensor


def mesh_tables(hand: HandModel, points: Articulation, device: torch.device) -> MeshTables:
    """Move a right hand and the regressor of its landmarks to a device, rearranged."""
    shapes = hand.shape_directions.reshape(-1, hand.shape_directions.shape[-1]).T
    poses = hand.pose_directions.reshape(-1, 135).T
    flat = np.tile(np.eye(3, dtype=np.float32).ravel(), 15)  # a rotation changes by what it has beyond the identity

    def table(array: object) -> Tensor:
        return torch.tensor(np.asarray(array, np.float32), device=device)

    def index(array: object) -> Tensor:
        return torch.tensor(np.asarray(array, np.int64), device=device)

    return MeshTables(
        template=table(hand.template.ravel() - flat @ poses),
        blends=table(np.concatenate([shapes, poses])),
        joints=table(hand.joints_template.ravel()),
        joint_shapes=table(hand.joint_directions.reshape(48, -1).T),
        weights=table(hand.weights),
        tips=index(hand.tip_vertices),
        order=index(TO_21),
        parents=index(PARENTS),
        regressor=table(points.regressor),
        mirror=table([-1, 1, 1]),
        operators=table([OPERATOR[Side.RIGHT], OPERATOR[Side.LEFT]]),
    )


def meshes(model: MeshTables, points: PointTables, state: State, betas: Tensor, left: Tensor) -> dict[str, Tensor]:
    """Fitted right hands in the camera frame, those that are left (N,) mirrored back; by the names of the layout.

    vertices (N, V, 3), joints (N, 21, 3), landmarks (N, 21, 3), wrist (N, 3, 3), pose (N, 16, 3) axis-angle.
    """
    local, _ = joint_rotations(points, state.angles)
    world = world_rotations(state.root, local)
    vertices, joints = _skinned(model, local, world, betas)
    place = (state.translation - joints[:, 0])[:, None]
    vertices, joints = vertices + place, joints + place
    mirror = torch.where(left[:, None], model.mirror, torch.ones_like(model.mirror))
    flip = mirror[:, :, None] * mirror[:, None]
    rotations = torch.cat([state.root[:, None], local], dim=1)
    operators = model.operators.index_select(0, left.to(torch.int32))
    return {
        "vertices": vertices * mirror[:, None],
        "joints": joints * mirror[:, None],
        "landmarks": (model.regressor @ vertices) * mirror[:, None],
        "wrist": (state.root * flip) @ operators,
        "pose": axis_angles(points.tables, rotations * flip[:, None]),
    }


def _skinned(model: MeshTables, local: Tensor, world: Tensor, betas: Tensor) -> tuple[Tensor, Tensor]:
    """Vertices (N, V, 3) and joints (N, 21, 3) for local (N, 15, 3, 3) and world (N, 16, 3, 3) rotations."""
    rest = torch.addmm(model.joints, betas, model.joint_shapes).view(-1, 16, 3)
    bent = torch.addmm(model.template, torch.cat([betas, local.flatten(1)], dim=1), model.blends)
    bones = rest[:, 1:] - rest.index_select(1, model.parents)
    moved = (world.index_select(1, model.parents) @ bones[..., None])[..., 0]
    fingers = moved.view(-1, *FINGER_SHAPE, 3).cumsum(dim=2).view(-1, 15, 3)
    placed = torch.cat([rest[:, :1], rest[:, :1] + fingers], dim=1)
    offsets = placed[..., None] - world @ rest[..., None]
    transforms = torch.cat([world, offsets], dim=-1).flatten(2)
    blended = (model.weights @ transforms).view(len(local), -1, 3, 4)
    vertices = (blended[..., :3] * bent.view(len(local), -1, 1, 3)).sum(dim=-1) + blended[..., 3]
    both = torch.cat([placed, vertices.index_select(1, model.tips)], dim=1)
    return vertices, both.index_select(1, model.order)
