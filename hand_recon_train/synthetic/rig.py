"""What is known of a hand model before it moves: limits, thickness of bones, rim of the wrist, back and palm."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from hand_recon_ros.hand_model import (
    HandAppearance,
    HandModel,
    JointAnatomy,
    free_hand_anatomy,
    free_hand_appearance,
    load_free_hand,
)
from hand_recon_ros.render.shading import vertex_normals
from hand_recon_ros.types import Joint, Side
from hand_recon_train.synthetic.capsules import bone_radii, hand_capsules, rest_joints, self_overlap
from hand_recon_train.synthetic.scene import rim_vertices

Array = npt.NDArray[np.floating]
Indices = npt.NDArray[np.integer]

PALM = [Joint.WRIST, Joint.INDEX_MCP, Joint.MIDDLE_MCP, Joint.RING_MCP, Joint.PINKY_MCP]


@dataclass(frozen=True)
class HandRig:
    """A hand model of one side with what posing and dressing it needs.

    Attributes:
        anatomy: axes and limits of its finger joints; equal angles mean equal gestures on both sides.
        rim: vertices of the open wrist in order. rim_tint: (N, 3) linear factors of the texture on the tone there.
        radii: (20,) thickness of its bones, metres, at zero shape.
        rest_overlap: (20, 20) how deep its capsules overlap at rest, where skins do not.
        palmar: (V,) 1 on the palm's side, 0 on the back.
        palm_normal: (3,) out of the palm at rest. across: (3,) from pinky to index. ahead: (3,) wrist to fingers.
        appearance: texture, where it has one.
    """

    model: HandModel
    anatomy: JointAnatomy
    rim: Indices
    rim_tint: Array
    radii: Array
    rest_overlap: Array
    palmar: Array
    palm_normal: Array
    across: Array
    ahead: Array
    appearance: HandAppearance | None


@lru_cache(maxsize=2)
def free_hand_rig(side: Side) -> HandRig:
    """The free hand's."""
    return rig_of(load_free_hand(side))


def rig_of(model: HandModel) -> HandRig:
    """The rig of a model; limits of models other than the free hand are its own, turned to their bones."""
    joints, radii = rest_joints(model), bone_radii(model)
    ahead, across, normal = _palm_frame(joints, model.side)
    facing = vertex_normals(model.template, model.faces) @ normal
    appearance = free_hand_appearance(model.side) if model.name == load_free_hand().name else None
    rim = rim_vertices(model.faces)
    return HandRig(
        model=model,
        anatomy=_anatomy(model),
        rim=rim,
        rim_tint=_tint(model, appearance, rim),
        radii=radii,
        rest_overlap=self_overlap(hand_capsules(joints, radii)),
        palmar=((facing + 0.15) / 0.6).clip(0, 1),
        palm_normal=normal,
        across=across,
        ahead=ahead,
        appearance=appearance,
    )


def _tint(model: HandModel, appearance: HandAppearance | None, vertices: Indices) -> Array:
    """Linear factors (N, 3) of a texture on the skin's tone at vertices (N,)."""
    if appearance is None:
        return np.ones((len(vertices), 3))
    at = np.array([np.argwhere(model.faces == vertex)[0] for vertex in vertices])
    seen = appearance.colours(at[:, 0], np.eye(3)[at[:, 1]])
    return np.asarray(linear(seen) / linear(appearance.skin_tone / 255.0))


def linear(srgb: Array) -> Array:
    """Linear light (0 to 1) of sRGB values in 0 to 1."""
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def _palm_frame(joints: Array, side: Side) -> tuple[Array, Array, Array]:
    """Unit vectors from wrist to middle knuckle, from pinky to index, and out of the palm."""
    ahead = _unit(joints[Joint.MIDDLE_MCP] - joints[Joint.WRIST])
    across = joints[Joint.INDEX_MCP] - joints[Joint.PINKY_MCP]
    across = _unit(across - (across @ ahead) * ahead)
    out = np.cross(across, ahead) if side == Side.RIGHT else np.cross(ahead, across)
    return ahead, across, out


def _anatomy(model: HandModel) -> JointAnatomy:
    anatomy = free_hand_anatomy() if model.side == Side.RIGHT else free_hand_anatomy().mirrored()
    if model.name == load_free_hand().name:
        return anatomy
    turns = _bone_turns(rest_joints(load_free_hand(model.side)), rest_joints(model))
    return JointAnatomy(np.asarray(anatomy.axes @ np.swapaxes(turns, 1, 2), np.float32), anatomy.lower, anatomy.upper)


def _bone_turns(before: Array, after: Array) -> Array:
    """Rotations (15, 3, 3), in the model's order of joints, of each finger bone between two hands at rest."""
    palm = _kabsch(before[PALM], after[PALM])
    bones = [np.diff(joints[1:].reshape(5, 4, 3), axis=1)[[1, 2, 4, 3, 0]].reshape(15, 3) for joints in (before, after)]
    return np.stack([_shortest(palm @ one, other) @ palm for one, other in zip(*bones, strict=True)])


def _kabsch(before: Array, after: Array) -> Array:
    """Rotation (3, 3) that takes points nearest to others (Kabsch, Acta Crystallographica A32, 1976)."""
    u, _, vt = np.linalg.svd((after - after.mean(axis=0)).T @ (before - before.mean(axis=0)))
    return np.asarray(u @ np.diag([1, 1, np.linalg.det(u @ vt)]) @ vt)


def _shortest(before: Array, after: Array) -> Array:
    """The least rotation (3, 3) between two directions."""
    a, b = _unit(before), _unit(after)
    v, c = np.cross(a, b), a @ b
    skew = np.array([[0, -v[2], v[1]], [v[2], 0, -v[0]], [-v[1], v[0], 0]])
    return np.asarray(np.eye(3) + skew + skew @ skew / (1 + c))


def _unit(vector: Array) -> Array:
    return np.asarray(vector / np.linalg.norm(vector), np.float64)
