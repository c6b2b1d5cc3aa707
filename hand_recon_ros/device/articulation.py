"""Forward kinematics of a hand's landmarks on the device, with derivatives: `pipeline.articulation` in few kernels.

The same sums as there, arranged for a device on which every operation on a few numbers takes as long as one on many:
all that depends on the shape alone comes from one product, all joints of a level turn together, and angles are those
that are free to move, D of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from hand_recon_ros.device.rotations import Constants, constants
from hand_recon_ros.pipeline.articulation import FINGER_SHAPE, PARENTS, Articulation
from hand_recon_ros.pipeline.gauss_newton import STEP_DAMPING


@dataclass(frozen=True)
class PointTables:
    """An articulation on the device: L points, 16 joints, B shapes, D free angles; float32.

    Attributes:
        tables: of rotations.
        spread: (D, 45) puts free angles among all.
        skews, squares: (15, 3, 3, 3) of the axes.
        rest, shapes: (16 * L * 3,) and (B, 16 * L * 3): local share of each joint in each point.
        poses: (135, 16 * L * 3) its change with the joint rotations.
        bones, bone_shapes: (45,) and (B, 45): from each finger joint's parent to it.
        weights: (16, L, 1) skinning weight of each point on each joint.
        carried: (D, 15) joints that move with a free angle's joint; carried_weights: (D, L, 1) their weights.
        axes: (D, 3, 1) rest axes; turn: (D,) which rotation turns each: after abduction, none, after both.
        joint, parent: (D,) number of the joint among 15, and of its parent among 16; parents: (15,) of all joints.
        lower, upper: (D,) limits.
        damping: (6 + D,) Levenberg's terms of rotation, translation and angles.
    """

    tables: Constants
    spread: Tensor
    skews: Tensor
    squares: Tensor
    rest: Tensor
    shapes: Tensor
    poses: Tensor
    bones: Tensor
    bone_shapes: Tensor
    weights: Tensor
    carried: Tensor
    carried_weights: Tensor
    axes: Tensor
    turn: Tensor
    joint: Tensor
    parent: Tensor
    parents: Tensor
    lower: Tensor
    upper: Tensor
    damping: Tensor


@dataclass(frozen=True)
class Shaped:
    """N hands at rest: local shares (N, 16 * L * 3) and bones (N, 15, 3, 1)."""

    local: Tensor
    bones: Tensor


@dataclass(frozen=True)
class Posed:
    """N posed hands, from their wrists: points (N, L, 3), joints (N, 15, 3) and what their derivatives need.

    shares (N, 16, L, 3) of the joints in the points, directions (N, D, 3) of the free angles' axes.
    """

    points: Tensor
    joints: Tensor
    shares: Tensor
    directions: Tensor


def point_tables(model: Articulation, device: torch.device) -> PointTables:
    """Move an articulation to a device, rearranged."""
    joint, axis = model.free.T
    # Weights times joints belong to the local shares, and so does what rotations less the identity leave out.
    own = model.weights[..., None] * model.joints[:, None]
    own_shapes = model.weights[..., None] * model.joint_shapes[:, :, None]
    eye = np.tile(np.eye(3).ravel(), 15)
    spread = np.zeros((len(joint), 15, 3))
    spread[np.arange(len(joint)), joint, axis] = 1
    carried = np.stack([(np.arange(15) // 3 == j // 3) & (np.arange(15) >= j) for j in joint])

    def table(array: npt.NDArray[np.floating] | npt.NDArray[np.bool_]) -> Tensor:
        return torch.tensor(np.asarray(array, np.float32), device=device)

    def index(array: npt.NDArray[np.intp]) -> Tensor:
        return torch.tensor(array.astype(np.int64), device=device)

    return PointTables(
        tables=constants(device),
        spread=table(spread.reshape(-1, 45)),
        skews=table(model.skews),
        squares=table(model.squares),
        rest=table((model.parts - own).ravel() - model.part_poses @ eye),
        shapes=table((model.part_shapes - own_shapes).reshape(len(own_shapes), -1)),
        poses=table(model.part_poses.T),
        bones=table((model.joints[1:] - model.joints[PARENTS]).ravel()),
        bone_shapes=table((model.joint_shapes[:, 1:] - model.joint_shapes[:, PARENTS]).reshape(-1, 45)),
        weights=table(model.weights[..., None]),
        carried=table(carried),
        carried_weights=table(model.carried_weights[joint]),
        axes=table(model.axes[joint, axis][..., None]),
        turn=index(3 * joint + axis),
        joint=index(joint),
        parent=index(PARENTS[joint]),
        parents=index(PARENTS),
        lower=table(model.lower[joint, axis]),
        upper=table(model.upper[joint, axis]),
        damping=table(np.concatenate([STEP_DAMPING, np.zeros(len(joint))])),
    )


def shape_points(model: PointTables, betas: Tensor) -> Shaped:
    """Rest state of hands with shape coefficients betas (N, B)."""
    bones = torch.addmm(model.bones, betas, model.bone_shapes)
    return Shaped(torch.addmm(model.rest, betas, model.shapes), bones.view(-1, 15, 3, 1))


def pose_points(model: PointTables, shaped: Shaped, root: Tensor, angles: Tensor) -> Posed:
    """Pose N hands: root (N, 3, 3) rotation of the wrist, and free angles (N, D)."""
    local, before = joint_rotations(model, angles)
    rotations = world_rotations(root, local)
    moved = rotations.index_select(1, model.parents) @ shaped.bones
    joints = moved.view(-1, *FINGER_SHAPE, 3).cumsum(dim=2).view(-1, 15, 3)
    parts = torch.addmm(shaped.local, local.flatten(1), model.poses).view(len(root), 16, -1, 3)
    placed = torch.cat([torch.zeros_like(joints[:, :1]), joints], dim=1)
    shares = torch.addcmul(parts @ rotations.mT, model.weights, placed[:, :, None])
    above = rotations.index_select(1, model.parent)
    directions = above @ (before.index_select(1, model.turn) @ model.axes)
    return Posed(shares.sum(dim=1), joints, shares, directions[..., 0])


def derivatives(model: PointTables, posed: Posed) -> Tensor:
    """Derivative (N, 6 + D, L, 3) of the points by rotation, translation and free angles."""
    eye = model.tables.eye[None, :, None]
    turned = torch.linalg.cross(eye, posed.points[:, None])
    shifted = eye.expand_as(turned)
    carried = (model.carried @ posed.shares[:, 1:].flatten(2)).view(len(turned), -1, *turned.shape[2:])
    pivots = posed.joints.index_select(1, model.joint)
    lever = torch.addcmul(carried, model.carried_weights, pivots[:, :, None], value=-1)
    bent = torch.linalg.cross(posed.directions[:, :, None], lever)
    return torch.cat([turned, shifted, bent], dim=1)


def joint_rotations(model: PointTables, angles: Tensor) -> tuple[Tensor, Tensor]:
    """Local rotations (N, 15, 3, 3), and those before each axis (N, 45, 3, 3)."""
    every = (angles @ model.spread).view(-1, 15, 3, 1, 1)
    turns = torch.addcmul(model.tables.eye, every.sin(), model.skews)
    turns = torch.addcmul(turns, 1 - every.cos(), model.squares)
    flexion, abduction, twist = turns.unbind(dim=2)
    swing = abduction @ flexion
    before = torch.stack([abduction, model.tables.eye.expand_as(swing), swing], dim=2)
    return swing @ twist, before.flatten(1, 2)


def world_rotations(root: Tensor, local: Tensor) -> Tensor:
    """Rotations (N, 16, 3, 3) in the camera's axes from the wrist's and the local ones (N, 15, 3, 3)."""
    first, second, third = local.unflatten(1, FINGER_SHAPE).unbind(dim=2)
    first = root[:, None] @ first
    second = first @ second
    fingers = torch.stack([first, second, second @ third], dim=2).flatten(1, 2)
    return torch.cat([root[:, None], fingers], dim=1)
