"""Linear blend skinning with shape and pose blend shapes (Romero et al., "Embodied Hands", 2017, equations 1 to 5).

One implementation for NumPy arrays and torch tensors: a model is any object with the arrays of `HandModel`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from array_api_compat import array_namespace, device

from hand_recon_ros.hand_model.model import TO_21

TO_21_LIST = TO_21.tolist()


def skin(model: Any, rotations: Any, betas: Any, translation: Any = None) -> tuple[Any, Any]:
    """Pose and shape hands.

    Args:
        model: a HandModel, or an object with the same arrays as tensors.
        rotations: (..., 16, 3, 3) joint rotations, the wrist's about the wrist joint.
        betas: (..., 10) shape coefficients.
        translation: (..., 3) metres, added to everything.

    Returns:
        Vertices (..., V, 3) and joints (..., 21, 3) in the order of types.Joint, metres.
    """
    xp = array_namespace(rotations)
    joints = model.joints_template + _blend(xp, model.joint_directions, betas)
    world, placed = joint_transforms(model, rotations, joints)
    features = xp.reshape(rotations[..., 1:, :, :] - _eye(xp, rotations), (*rotations.shape[:-3], 135))
    bent = model.template + _blend(xp, model.shape_directions, betas) + _blend(xp, model.pose_directions, features)
    offsets = placed - (world @ joints[..., None])[..., 0]
    transforms = xp.reshape(xp.concat([world, offsets[..., None]], axis=-1), (*world.shape[:-2], 12))
    blended = xp.reshape(model.weights @ transforms, (*bent.shape[:-1], 3, 4))
    vertices = (blended[..., :3] @ bent[..., None])[..., 0] + blended[..., 3]
    both = xp.concat([placed, vertices[..., _listed(model.tip_vertices), :]], axis=-2)
    ordered = both[..., TO_21_LIST, :]
    if translation is not None:
        vertices, ordered = vertices + translation[..., None, :], ordered + translation[..., None, :]
    return vertices, ordered


def joint_transforms(model: Any, rotations: Any, joints: Any) -> tuple[Any, Any]:
    """World rotations (..., 16, 3, 3) and positions (..., 16, 3) of joints at rest positions (..., 16, 3)."""
    xp = array_namespace(rotations)
    levels, parents, inverse = _levels(tuple(_listed(model.parents)))
    world = rotations[..., levels[0], :, :]
    placed = joints[..., levels[0], :]
    order = list(levels[0])
    for level in levels[1:]:
        above = [order.index(parents[k]) for k in level]
        turned = world[..., above, :, :]
        bones = joints[..., level, :] - joints[..., [parents[k] for k in level], :]
        world = xp.concat([world, turned @ rotations[..., level, :, :]], axis=-3)
        placed = xp.concat([placed, placed[..., above, :] + (turned @ bones[..., None])[..., 0]], axis=-2)
        order += level
    return world[..., inverse, :, :], placed[..., inverse, :]


@lru_cache
def _levels(parents: tuple[int, ...]) -> tuple[list[list[int]], tuple[int, ...], list[int]]:
    """Joints grouped by their distance from the wrist, so that a level is one batch; and the way back."""
    depth = [0] * len(parents)
    for joint, parent in enumerate(parents):
        depth[joint] = depth[parent] + 1 if parent >= 0 else 0
    levels = [[j for j, d in enumerate(depth) if d == level] for level in range(max(depth) + 1)]
    order = [joint for level in levels for joint in level]
    return levels, parents, [order.index(joint) for joint in range(len(parents))]


def _blend(xp: Any, directions: Any, coefficients: Any) -> Any:
    """Offsets (..., K, 3): directions (K, 3, B) weighed by coefficients (..., B)."""
    flat = xp.reshape(directions, (-1, directions.shape[-1])) @ coefficients[..., None]
    return xp.reshape(flat, (*coefficients.shape[:-1], -1, 3))


def _eye(xp: Any, like: Any) -> Any:
    return xp.asarray([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]], dtype=like.dtype, device=device(like))


def _listed(indices: Any) -> list[int]:
    return [int(k) for k in indices]
