"""One hand in a pose that a hand can take: drawn until its fingers do not run through one another."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from hand_recon_ros.hand_model import rotations_from_angles, skin
from hand_recon_train.synthetic.capsules import Capsules, hand_capsules, self_overlap
from hand_recon_train.synthetic.compiled import compiled
from hand_recon_train.synthetic.gestures import draw_gesture
from hand_recon_train.synthetic.rig import HandRig

Array = npt.NDArray[Any]

ALLOWED = 0.0025
"""Metres that fingers may sink into one another: flesh yields."""
TRIES = 8
SHAPE_SD, MOST_SHAPE = 0.9, 2.5
CHAIN_TO_FINGER = (1, 2, 4, 3, 0)
"""Finger, thumb to pinky, of a model's chains of joints."""


@dataclass(frozen=True)
class PosedHand:
    """A hand somewhere, by the rigid motion of a posed one.

    Attributes:
        rig: whose model it poses.
        kind: of gesture.
        rotations: (16, 3, 3) of its joints; the wrist's is the hand's orientation.
        betas: (10,) shape.
        joints: (21, 3) metres. vertices: (V, 3).
        radii: (20,) thickness of its bones.
        overlap: metres by which its fingers sink into one another.
    """

    rig: HandRig
    kind: str
    rotations: Array
    betas: Array
    joints: Array
    vertices: Array
    radii: Array
    overlap: float

    @property
    def capsules(self) -> Capsules:
        """Its bones with their flesh."""
        return hand_capsules(self.joints, self.radii)

    def moved(self, turn: Array, shift: Array) -> PosedHand:
        """The hand after x -> turn x + shift."""
        return replace(
            self,
            rotations=np.concatenate([(turn @ self.rotations[0])[None], self.rotations[1:]]),
            joints=self.joints @ turn.T + shift,
            vertices=self.vertices @ turn.T + shift,
        )


def draw_hand(rng: np.random.Generator, rig: HandRig, kind: str | None = None, betas: Array | None = None) -> PosedHand:
    """A hand of any shape and gesture, its wrist unturned, the middle of its joints at the origin.

    Gestures whose fingers overlap by more than ALLOWED are drawn again; after TRIES the least bad one is taken.
    """
    shape = rng.normal(0, SHAPE_SD, 10).clip(-MOST_SHAPE, MOST_SHAPE) if betas is None else betas
    best = None
    for _ in range(TRIES):
        name, angles = draw_gesture(rng, rig.anatomy.lower, rig.anatomy.upper, kind)
        overlap = finger_overlap(rig, angles, shape)
        if best is None or overlap < best[0]:
            best = overlap, name, angles
        if overlap <= ALLOWED:
            break
    assert best is not None
    return pose_rig(rig, best[2], shape, kind=best[1], overlap=best[0])


def pose_rig(rig: HandRig, angles: Array, betas: Array, kind: str = "", overlap: float = 0.0) -> PosedHand:
    """The hand with given angles (15, 3) and shape (10,), the middle of its joints at the origin."""
    rotations = _rotations(rig, angles)
    shape = betas.astype(np.float32)
    vertices, joints = skin(rig.model, rotations.astype(np.float32), shape)
    middle = joints.mean(axis=0).astype(np.float64)
    radii = rig.radii * _thickness(joints, rig)
    return PosedHand(rig, kind, rotations, shape, joints - middle, vertices - middle, radii, overlap)


def posed_capsules(rig: HandRig, angles: Array, betas: Array) -> tuple[Array, Capsules]:
    """Joints (21, 3) of an unturned hand without skinning it, and its bones."""
    model = rig.model
    rest = model.joints_template + model.joint_directions @ betas
    tips = model.template[model.tip_vertices] + model.shape_directions[model.tip_vertices] @ betas
    joints = _joints(rig.anatomy.axes, np.ascontiguousarray(angles, np.float64), rest, tips)
    return joints, hand_capsules(joints, rig.radii * _thickness(joints, rig))


def finger_overlap(rig: HandRig, angles: Array, betas: Array) -> float:
    """Metres by which fingers sink into one another or into the palm, as capsules, beyond what they do at rest."""
    _, capsules = posed_capsules(rig, angles, betas)
    return float((self_overlap(capsules) - rig.rest_overlap).max())


def _rotations(rig: HandRig, angles: Array) -> Array:
    fingers = rotations_from_angles(rig.anatomy.axes.astype(np.float64), angles)
    return np.concatenate([np.eye(3)[None], fingers])


@compiled
def _joints(axes: Array, angles: Array, rest: Array, tips: Array) -> Array:
    """Joints (21, 3) of finger joints' axes and angles (15, 3): five chains of three from the wrist."""
    joints = np.empty((21, 3))
    joints[0] = rest[0]
    for chain in range(5):
        first = 1 + 4 * CHAIN_TO_FINGER[chain]
        turn, place = np.eye(3), rest[1 + 3 * chain].astype(np.float64)
        for level in range(3):
            joint = 3 * chain + level
            joints[first + level] = place
            for kind in (1, 0, 2):
                turn = _turned(turn, axes[joint, kind], angles[joint, kind])
            end = tips[CHAIN_TO_FINGER[chain]] if level == 2 else rest[joint + 2]
            bone = (end - rest[joint + 1]).astype(np.float64)
            for k in range(3):
                place[k] += turn[k, 0] * bone[0] + turn[k, 1] * bone[1] + turn[k, 2] * bone[2]
        joints[first + 3] = place
    return joints


@compiled
def _turned(turn: Array, axis: Array, angle: float) -> Array:
    """A rotation (3, 3) followed, in its own frame, by another about an axis (Rodrigues)."""
    s, c = np.sin(angle), np.cos(angle)
    out = np.empty((3, 3))
    for i in range(3):
        x, y, z = turn[i, 0], turn[i, 1], turn[i, 2]
        along = (1 - c) * (x * axis[0] + y * axis[1] + z * axis[2])
        out[i, 0] = c * x + s * (y * axis[2] - z * axis[1]) + along * axis[0]
        out[i, 1] = c * y + s * (z * axis[0] - x * axis[2]) + along * axis[1]
        out[i, 2] = c * z + s * (x * axis[1] - y * axis[0]) + along * axis[2]
    return out


def _thickness(joints: Array, rig: HandRig) -> float:
    """How large a hand is against the model's mean, by its palm."""
    rest = rig.model.joints_template
    return float(np.linalg.norm(joints[9] - joints[0]) / np.linalg.norm(rest[4] - rest[0]))
