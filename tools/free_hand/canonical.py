"""One flat pose and one frame for every hand, with joints where anatomy has them.

Right hand, metres: fingers to -x, palm to -y, thumb to +z, the wrist joint at WRIST. The source puts its joints near
the back of the fingers, its finger roots near the webs and its thumb's root too far out; `place_joints` moves them.
"""

from __future__ import annotations

import numpy as np

FINGERS = ("index", "middle", "pinky", "ring", "thumb")
WRIST = np.array([0.096, 0.006, 0.006])
REST_BONES = {
    "index": ((9, 3), (7, 8), (6, 12)),
    "middle": ((0, 2), (0, 7), (0, 11)),
    "pinky": ((-18, 4), (-16, 9), (-15, 13)),
    "ring": ((-9, 3), (-8, 8), (-7, 12)),
    "thumb": ((52, 32), (39, 24), (31, 25)),
}
"""Directions of each finger's three bones at rest: degrees towards the thumb's side, degrees towards the palm."""
THUMB_AXIS = np.array([0.40, -0.78, -0.20])
SOURCE_THUMB_AXIS = np.array([0.29, -0.74, -0.60])
"""The thumb's flexion axis at rest and in the source's pose (each made normal to the bone it turns)."""
ROOT_SHIFT = {"index": 0.145, "middle": 0.120, "pinky": 0.135, "ring": 0.125, "thumb": 0.30}
"""How far finger roots move to the wrist, as a share of their distance from it."""
THUMB_KNUCKLE_SHIFT = 0.12
"""How far the thumb's middle joint moves to its next one, as a share of the bone."""
JOINT_DEPTH = {"finger": (0.018, 0.016, 0.011, 0.008), "thumb": (0.0, 0.0, 0.0, 0.0)}
"""How far joints, root to tip, move from the back towards the palm, in hand lengths."""
WRIST_GROWTH, WIDENED = 0.16, (0.055, 0.092)
"""How much wider the forearm becomes, and between which x the palm takes part in it."""


def unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def rest_direction(splay: float, flexion: float) -> np.ndarray:
    s, f = np.radians([splay, flexion])
    return np.array([-np.cos(s) * np.cos(f), -np.sin(f), np.sin(s) * np.cos(f)])


def rest_axis(finger: str, bone: np.ndarray) -> np.ndarray:
    """Flexion axis at rest of a bone of direction (3,); a positive turn bends to the palm."""
    axis = THUMB_AXIS if finger == "thumb" else np.cross(bone, [0, -1.0, 0])
    return unit(axis - bone * (axis @ bone))


def to_palm_frame(points: np.ndarray, joints: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Points (N, S, 3) and joints (N, 21, 3) from the wrist: x from the middle root to it, z from pinky to index."""
    wrist, roots = joints[:, :1], joints[:, 1::4]
    x = unit(joints[:, 0] - roots[:, 1])
    across = roots[:, 0] - roots[:, 2]
    z = unit(across - x * (x * across).sum(1, keepdims=True))
    frame = np.stack([x, np.cross(z, x), z], axis=2)
    return (points - wrist) @ frame, (joints - wrist) @ frame


def flexion_axes(joints: np.ndarray) -> np.ndarray:
    """The source's flexion axes (5, 3) from its mean joints (21, 3), whose fingers are slightly bent."""
    bones = np.diff(joints[1:].reshape(5, 4, 3), axis=1)
    axes = unit(np.cross(bones[:, 0], bones[:, 2]))
    axes[4] = unit(SOURCE_THUMB_AXIS)
    return axes


def place_joints(joints: np.ndarray, axes: np.ndarray) -> np.ndarray:
    """Joints (N, 21, 3) from the wrist, moved to the joints' centres of rotation."""
    out = joints.copy()
    length = np.linalg.norm(joints[:, 8], axis=1)[:, None]  # wrist to the tip of the middle finger
    for f, name in enumerate(FINGERS):
        own = slice(1 + 4 * f, 5 + 4 * f)
        bones = unit(np.diff(joints[:, own], axis=1))
        palmar = np.cross(axes[f], np.concatenate([bones, bones[:, -1:]], axis=1))
        depth = JOINT_DEPTH["thumb" if name == "thumb" else "finger"]
        out[:, own] += palmar * length[:, None] * np.array(depth)[:, None]
        out[:, 1 + 4 * f] *= 1 - ROOT_SHIFT[name]
    out[:, 18] += THUMB_KNUCKLE_SHIFT * (joints[:, 19] - joints[:, 18])
    return out


def own_variation(count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Relative factors that the source's targets lack, since they move all fingers alike.

    Returns:
        Palm length, thickness and breadth (N, 3); bone lengths (N, 5, 3); girths of fingers (N, 5).
    """
    palm = rng.normal(0, [0.018, 0.030, 0.030], (count, 3))
    bones = rng.normal(0, 0.022, (count, 5, 1)) + rng.normal(0, 0.018, (count, 5, 3))
    girths = rng.normal(0, 0.025, (count, 1)) + rng.normal(0, 0.020, (count, 5))
    return np.exp(palm), np.exp(bones), np.exp(girths)


def flatten(
    points: np.ndarray, joints: np.ndarray, weights: np.ndarray, axes: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Every hand in the rest pose, so that no pose leaks into the shapes, with the variation of `own_variation`.

    Args:
        points: (N, S, 3) in the palm frame.
        joints: (N, 21, 3) likewise, placed.
        weights: (S, 16) skinning weights.
        axes: (5, 3) flexion axes of the source's fingers.
        rng: draws the variation.

    Returns:
        Points (N, S, 3) and joints (N, 21, 3): the 16 of the model, then the source's tips.
    """
    palm, lengths, girths = own_variation(len(points), rng)
    chains = joints[:, 1:].reshape(len(joints), 5, 4, 3)
    out = weights[:, :1] * points * palm[:, None]
    placed = np.zeros((len(points), 21, 3))
    for f, name in enumerate(FINGERS):
        position = chains[:, f, 0] * palm
        for k in range(3):
            joint = 1 + 3 * f + k
            bone = chains[:, f, k + 1] - chains[:, f, k]
            target = rest_direction(*REST_BONES[name][k])
            after = _bone_frames(target[None], rest_axis(name, target)[None])
            girth = girths[:, f] if k else (1 + girths[:, f]) / 2
            stretch = np.stack([lengths[:, f, k], girth, girth], axis=1)
            turn = (after * stretch[:, None]) @ np.swapaxes(_bone_frames(bone, axes[f]), 1, 2)
            moved = (points - chains[:, f, k, None]) @ np.swapaxes(turn, 1, 2) + position[:, None]
            out += weights[:, joint, None] * moved
            placed[:, joint] = position
            position = position + (np.linalg.norm(bone, axis=1) * lengths[:, f, k])[:, None] * target
        placed[:, 16 + f] = position
    return out + WRIST, placed + WRIST


def widen_wrist(points: np.ndarray) -> np.ndarray:
    """Points (N, S, 3) with the forearm, too thin in the source, widened about its axis; fades out over the palm."""
    forearm = points[..., 0] > WRIST[0]
    axis = (points * forearm[..., None]).sum(1) / forearm.sum(1, keepdims=True)
    t = np.clip((points[..., 0] - WIDENED[0]) / (WIDENED[1] - WIDENED[0]), 0, 1)
    growth = (WRIST_GROWTH * t * t * (3 - 2 * t))[..., None] * np.array([0, 1, 1])
    return points + growth * (points - axis[:, None])


def calibrate(
    points: np.ndarray, joints: np.ndarray, length: tuple[float, float]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Points, joints and their lengths (N,) scaled about the wrist to a mean and standard deviation, metres."""
    found = np.linalg.norm(joints[:, 17] - joints[:, 0], axis=1)
    relative = found / found.mean()
    power = length[1] / length[0] / relative.std() - 1
    scale = length[0] / found.mean() * relative**power
    grow = scale[:, None, None]
    return (points - WRIST) * grow + WRIST, (joints - WRIST) * grow + WRIST, found * scale


def _bone_frames(bones: np.ndarray, axis: np.ndarray) -> np.ndarray:
    """Columns: bone, flexion axis made normal to it, their cross product; (N, 3, 3)."""
    d = unit(bones)
    a = unit(axis - d * (d * axis).sum(-1, keepdims=True))
    return np.stack([d, a, np.cross(d, a)], axis=2)
