"""Anatomical angles and bone frames of a hand, from its 21 joints alone.

Every network gives the joints, only some give the rotations of a hand model, and those differ between models in axes
and rest pose. Angles taken from the joints mean the same whatever found them.

Zero is the flat hand: straight fingers in their natural fan, the thumb beside the palm. A joint turns its bone first
by flexion about the transverse axis of the bone before it, then by abduction about an axis that flexion has carried
along: the joint coordinate system of Wu et al., "ISB recommendation on definitions of joint coordinate systems", part
II, 2005. So abduction stays well defined in a fist. The turn of a bone about itself cannot be seen in joints; where
the thumb's metacarpal turns, the abduction of the joint after it takes it up.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from hand_recon_ros.hand_model.anatomy import free_hand_anatomy
from hand_recon_ros.hand_model.model import MIRROR, load_free_hand
from hand_recon_ros.hand_model.skinning import skin
from hand_recon_ros.types import FINGERS, Joint, Side

Array = npt.NDArray[np.floating]

FLEXION, ABDUCTION = range(2)
# Name, level of the bone on its finger, and kind of turn.
FINGER_MOVES = (
    ("mcp_flexion", 0, FLEXION),
    ("mcp_abduction", 0, ABDUCTION),
    ("pip_flexion", 1, FLEXION),
    ("dip_flexion", 2, FLEXION),
)
THUMB_MOVES = (
    ("cmc_flexion", 0, FLEXION),
    ("cmc_abduction", 0, ABDUCTION),
    ("mcp_flexion", 1, FLEXION),
    ("mcp_abduction", 1, ABDUCTION),
    ("ip_flexion", 2, FLEXION),
)
_MOVES = [
    (f"{name}_{move}", finger, level, kind)
    for finger, name in enumerate(FINGERS)
    for move, level, kind in (THUMB_MOVES if name == "thumb" else FINGER_MOVES)
]
ANGLES = tuple(name for name, *_ in _MOVES)
"""Names of the 21 angles of a hand: thumb to pinky, root to tip."""
_PLACES = tuple(np.array([place for _, *place in _MOVES]).T)

PALM = [Joint.WRIST, Joint.INDEX_MCP, Joint.MIDDLE_MCP, Joint.RING_MCP, Joint.PINKY_MCP]
"""Joints that move as one body."""
CHAIN_OF_FINGER = [4, 0, 1, 3, 2]
"""Thumb to pinky among the chains index, middle, pinky, ring, thumb of a hand model."""


class FingerBones(NamedTuple):
    """The three bones beyond the root joint of each finger, thumb to pinky.

    Attributes:
        flexion: (5, 3) radians, positive towards the palm.
        abduction: (5, 3) radians, positive towards the thumb's side; the thumb's away from the palm.
        frames: (5, 3, 3, 3) rotations whose columns are z along the bone, x to where flexion moves it, and y = z x x:
            on straight fingers about the operator frame of the wrist.
    """

    flexion: Array
    abduction: Array
    frames: Array


def finger_bones(joints: Array, side: Side) -> FingerBones:
    """Angles and frames of the bones of a hand with joints (21, 3) in any frame and unit; a side not known is right."""
    mirror = MIRROR if side == Side.LEFT else np.ones(3)  # a mirrored left hand is a right hand
    points = joints.astype(np.float64) * mirror
    rest = _rest()
    chains = points[1:].reshape(5, 4, 3)
    directions = np.diff(chains, axis=1)
    parent = np.broadcast_to(_turn(rest.palm, points[PALM]), (5, 3, 3))
    levels = []
    for level in range(3):
        before = parent @ rest.frames[:, level]
        flexion, abduction, swing = _swing(np.einsum("fji,fj->fi", before, directions[:, level]))
        levels.append((flexion, abduction, before @ swing))
        parent = before @ swing @ np.swapaxes(rest.frames[:, level], 1, 2)
    flexions, abductions, frames = (np.stack(values, axis=1) for values in zip(*levels, strict=True))
    # Mirrored back, y points the other way so that the frames stay right-handed.
    return FingerBones(flexions, abductions, frames * mirror[:, None] * (1, mirror[0], 1))


def joint_angles(bones: FingerBones) -> Array:
    """The angles (21,) that ANGLES names, in radians."""
    return np.stack([bones.flexion, bones.abduction], axis=-1)[_PLACES]


class _Rest(NamedTuple):
    """The flat right hand: palm joints (5, 3), and frames (5, 3, 3, 3) of the bones as in FingerBones."""

    palm: Array
    frames: Array


@lru_cache(maxsize=1)
def _rest() -> _Rest:
    flat = np.tile(np.eye(3, dtype=np.float32), (16, 1, 1))
    joints = skin(load_free_hand(), flat, np.zeros(10, np.float32))[1].astype(np.float64)
    bones = np.diff(joints[1:].reshape(5, 4, 3), axis=1)
    along = bones / np.linalg.norm(bones, axis=-1, keepdims=True)
    flexion = free_hand_anatomy().axes.reshape(5, 3, 3, 3)[CHAIN_OF_FINGER][:, :, 0]
    palmar = np.cross(flexion, along)  # where a turn about the flexion axis moves the bone
    palmar /= np.linalg.norm(palmar, axis=-1, keepdims=True)
    return _Rest(joints[PALM], np.stack([palmar, np.cross(along, palmar), along], axis=-1))


def _swing(bone: Array) -> tuple[Array, Array, Array]:
    """Flexion (N,) and abduction (N,) of bones (N, 3) from the z axis, and rotations (N, 3, 3) that do both."""
    x, y, z = bone.T
    flexion, abduction = np.arctan2(x, z), np.arctan2(y, np.hypot(x, z))
    (s, c), (u, v) = (np.sin(flexion), np.cos(flexion)), (np.sin(abduction), np.cos(abduction))
    swing = np.stack([c, -u * s, v * s, np.zeros_like(x), v, u, -s, -u * c, v * c], axis=-1)
    return flexion, abduction, swing.reshape(-1, 3, 3)


def _turn(before: Array, after: Array) -> Array:
    """Rotation (3, 3) that takes points (N, 3) nearest to others (Kabsch, Acta Crystallographica A32, 1976)."""
    u, _, vt = np.linalg.svd((after - after.mean(axis=0)).T @ (before - before.mean(axis=0)))
    return u @ np.diag([1, 1, np.linalg.det(u @ vt)]) @ vt
