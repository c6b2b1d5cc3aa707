"""Fast forward kinematics, with derivatives, of a few points attached to a skinned hand.

A linear regressor on skinned vertices can be pulled through the skinning: with regressor row A, skinning weights W
and template T, the point is sum_j [G_j (k_j - w_j J_j) + w_j p_j], where k_j = sum_v A_v W_vj T_v and
w_j = sum_v A_v W_vj. So 21 landmarks cost 21 points instead of 778 vertices, and agree with the mesh exactly.

Everything lives in the frame of the right hand's wrist joint; N hands are one batch.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hand_recon_ros.hand_model import HandModel, JointAnatomy, skew_matrix

Array = npt.NDArray[np.floating]

FINGER_SHAPE = (5, 3)
"""The 15 finger joints are five chains of three, root to tip (order of MANO: 1 + 3 * chain + level)."""


@dataclass(frozen=True)
class Articulation:
    """Points of a hand model prepared for posing. L points, 16 joints, B shape coefficients, D degrees of freedom.

    Attributes:
        parts: (16, L, 3) rest position of each point's share in each joint, k above.
        part_shapes: (B, 16, L, 3) its change with each shape coefficient.
        part_poses: (16 * L * 3, 135) its change with the pose features.
        weights: (16, L) total skinning weight of each point on each joint.
        carried_weights: (15, L, 1) the same of each finger joint and those further out.
        squares: (15, 3, 3, 3) the skew matrices of the axes, squared.
        joints: (16, 3) rest joints; joint_shapes: (B, 16, 3).
        axes: (15, 3, 3) unit rest axes: flexion, abduction, twist.
        skews: (15, 3, 3, 3) their skew matrices.
        regressor: (L, V) the points from vertices.
        lower, upper: (15, 3) limits in radians, same order.
        free: (D, 2) joint and axis of every angle that the limits leave free to move.
    """

    parts: Array
    part_shapes: Array
    part_poses: Array
    weights: Array
    carried_weights: Array
    squares: Array
    joints: Array
    joint_shapes: Array
    axes: Array
    skews: Array
    regressor: Array
    lower: Array
    upper: Array
    free: npt.NDArray[np.intp]


@dataclass(frozen=True)
class Posed:
    """N posed hands: what `pose_points` found, kept for the derivatives.

    Attributes:
        points: (N, L, 3) metres from the wrist joint, in the camera's axes.
        joints: (N, 16, 3) joint positions.
        rotations: (N, 16, 3, 3) world rotation of each joint.
        shares: (N, 16, L, 3) each joint's contribution to each point.
        axes: (N, 15, 3, 3) world direction of each joint's flexion, abduction and twist axis (rows).
    """

    points: Array
    joints: Array
    rotations: Array
    shares: Array
    axes: Array


@dataclass(frozen=True)
class Shaped:
    """An articulation's rest state for N shapes: parts (N, 16, L, 3) and joints (N, 16, 3)."""

    parts: Array
    joints: Array

    def take(self, rows: npt.NDArray[np.bool_]) -> Shaped:
        """The chosen hands."""
        return Shaped(self.parts[rows], self.joints[rows])


MIN_RANGE = np.radians(15)
"""Angles whose limits are closer than this stay at rest: bones hardly twist about themselves."""


def attach_points(model: HandModel, anatomy: JointAnatomy, regressor: Array) -> Articulation:
    """Prepare the points regressor (L, V) @ vertices of a right hand model."""
    spread = np.einsum("lv,vj->jlv", regressor, model.weights)
    weights, skews = spread.sum(axis=2), skew_matrix(anatomy.axes.astype(np.float64))
    return Articulation(
        parts=spread @ model.template,
        part_shapes=np.einsum("jlv,vcb->bjlc", spread, model.shape_directions, optimize=True),
        part_poses=np.einsum("jlv,vcp->jlcp", spread, model.pose_directions, optimize=True).reshape(-1, 135),
        weights=weights,
        carried_weights=_carried(weights[1:].reshape(1, *FINGER_SHAPE, -1)).reshape(15, -1, 1),
        squares=skews @ skews,
        joints=model.joints_template.astype(np.float64),
        joint_shapes=np.moveaxis(model.joint_directions, 2, 0).astype(np.float64),
        axes=anatomy.axes.astype(np.float64),
        skews=skews,
        regressor=regressor,
        lower=anatomy.lower.astype(np.float64),
        upper=anatomy.upper.astype(np.float64),
        free=np.argwhere(anatomy.upper - anatomy.lower > MIN_RANGE),
    )


def shape_points(model: Articulation, betas: Array) -> Shaped:
    """Rest state of hands with shape coefficients betas (N, B)."""
    return Shaped(model.parts + _blended(betas, model.part_shapes), model.joints + _blended(betas, model.joint_shapes))


def _blended(betas: Array, changes: Array) -> Array:
    """Changes (N, ...) by coefficients (N, B) of changes (B, ...); np.tensordot takes several times as long."""
    return (betas @ changes.reshape(len(changes), -1)).reshape(-1, *changes.shape[1:])


def pose_points(model: Articulation, shaped: Shaped, root: Array, angles: Array) -> Posed:
    """Pose N hands: root (N, 3, 3) rotation of the wrist and angles (N, 15, 3), flexion abduction twist, in radians."""
    local, axes = joint_rotations(model, angles)
    rotations = _chain_rotations(root, local)
    features = (local - np.eye(3)).reshape(len(local), 135)
    parts = shaped.parts + (features @ model.part_poses.T).reshape(-1, *model.parts.shape)
    joints, shares = _assemble(rotations, model.weights, shaped.joints, parts)
    return Posed(shares.sum(axis=1), joints, rotations, shares, _world_axes(rotations, axes))


def angle_derivatives(model: Articulation, posed: Posed) -> Array:
    """Derivative (N, D, L, 3) of the points by each free angle: axis x lever of all that the joint carries."""
    chains = (len(posed.points), *FINGER_SHAPE, -1)
    joint, axis = model.free.T
    carried = _carried(posed.shares[:, 1:].reshape(*chains, 3)).reshape(len(posed.points), 15, -1, 3)
    lever = carried - model.carried_weights * posed.joints[:, 1:, None]
    return _cross(posed.axes[:, joint, axis][:, :, None], lever[:, joint])


def root_derivatives(posed: Posed) -> Array:
    """Derivative (N, 3, L, 3) of the points by a turn of the whole hand about the camera's axes."""
    return _cross(np.eye(3)[None, :, None], posed.points[:, None])


def shape_derivatives(model: Articulation, posed: Posed) -> Array:
    """Derivative (N, B, L, 3) of the points by each shape coefficient: exact, since skinning is linear in the shape."""
    _, shares = _assemble(posed.rotations[:, None], model.weights, model.joint_shapes, model.part_shapes)
    return shares.sum(axis=2)


def joint_rotations(model: Articulation, angles: Array) -> tuple[Array, Array]:
    """Local rotations (N, 15, 3, 3) and the axes as turned by the rotations before them (N, 15, 3, 3)."""
    sin, cos = np.sin(angles)[..., None, None], np.cos(angles)[..., None, None]
    turn = np.eye(3) + sin * model.skews + (1 - cos) * model.squares  # Rodrigues
    flexion, abduction, twist = turn[:, :, 0], turn[:, :, 1], turn[:, :, 2]
    swing = abduction @ flexion
    turned = np.broadcast_to(model.axes, (*angles.shape, 3)).copy()
    turned[:, :, 0] = (abduction @ model.axes[:, 0, :, None])[..., 0]
    turned[:, :, 2] = (swing @ model.axes[:, 2, :, None])[..., 0]
    return swing @ twist, turned


def _chain_rotations(root: Array, local: Array) -> Array:
    """World rotations (N, 16, 3, 3) from the wrist's and the local ones (N, 15, 3, 3)."""
    n = len(root)
    world = np.empty((n, *FINGER_SHAPE, 3, 3))
    parent = root[:, None]
    for level in range(3):
        parent = world[:, :, level] = parent @ local.reshape(n, *FINGER_SHAPE, 3, 3)[:, :, level]
    return np.concatenate([root[:, None], world.reshape(n, 15, 3, 3)], axis=1)


def _assemble(rotations: Array, weights: Array, joints: Array, parts: Array) -> tuple[Array, Array]:
    """Joint positions (..., 16, 3) from the wrist, and each joint's share (..., 16, L, 3) in each point.

    Linear in joints and parts together, so it also maps their derivatives.
    """
    wrist = joints[..., :1, :]
    chains = joints[..., 1:, :].reshape(*joints.shape[:-2], *FINGER_SHAPE, 3)
    roots = np.broadcast_to(wrist[..., None, :], (*chains.shape[:-2], 1, 3))
    bones = (chains - np.concatenate([roots, chains[..., :-1, :]], axis=-2)).reshape(*joints.shape[:-2], 15, 3)
    moved = (rotations[..., PARENTS, :, :] @ bones[..., None])[..., 0]
    placed = moved.reshape(*moved.shape[:-2], *FINGER_SHAPE, 3).cumsum(axis=-2).reshape(moved.shape)
    placed = np.concatenate([np.zeros_like(placed[..., :1, :]), placed], axis=-2)
    local = parts - weights[..., None] * joints[..., None, :]
    return placed, local @ np.swapaxes(rotations, -1, -2) + weights[..., None] * placed[..., None, :]


PARENTS = np.array([0 if level == 0 else 3 * chain + level for chain in range(5) for level in range(3)])
"""Parent joint of each of the 15 finger joints."""


def _world_axes(rotations: Array, axes: Array) -> Array:
    return axes @ np.swapaxes(rotations[:, PARENTS], -1, -2)


def _carried(shares: Array) -> Array:
    """Sum over each joint and those further out on its finger; shares (N, 5, 3, ...)."""
    return np.flip(np.flip(shares, axis=2).cumsum(axis=2), axis=2)


def _cross(a: Array, b: Array) -> Array:
    """Cross product along the last axis; np.cross takes several times as long on small arrays."""
    ax, ay, az = a[..., 0], a[..., 1], a[..., 2]
    bx, by, bz = b[..., 0], b[..., 1], b[..., 2]
    return np.stack([ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx], axis=-1)
