"""What hands do: named gestures of every kind, and random ones between and beyond them within human limits.

Angles are arrays (15, 3) in radians as in `poses`: joints index, middle, pinky, ring, thumb, each root to tip; flexion,
abduction, twist.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from hand_recon_train.synthetic.poses import CURLED, FINGERS, NAMED_POSES, pose

Array = npt.NDArray[Any]

STRAIGHT, SOFT = ((0,), (4,), (2,)), ((28,), (32,), (16,))
OVER, BESIDE = ((4, 30, -5), (27,), (58,)), ((2, 4), (4,), (6,))  # the thumb over a fist, beside the palm
OUT, ACROSS = ((-12, -10), (-4,), (-6,)), ((22, 22, -10), (40,), (45,))


def _all(joints: tuple[tuple[float, ...], ...], thumb: tuple[tuple[float, ...], ...]) -> Array:
    return pose(**dict.fromkeys(FINGERS, joints), thumb=thumb)


def _raised(
    *fingers: str, thumb: tuple[tuple[float, ...], ...] = ACROSS, **others: tuple[tuple[float, ...], ...]
) -> Array:
    """Some fingers straight, the others curled."""
    joints = {finger: STRAIGHT if finger in fingers else CURLED for finger in FINGERS}
    return pose(**{**joints, **others}, thumb=thumb)


KINDS: dict[str, dict[str, Array]] = {
    "relaxed": {
        "relaxed": NAMED_POSES["relaxed"],
        "resting": _all(SOFT, ((8, 6), (10,), (14,))),
        "cupped": _all(((30,), (28,), (14,)), ((12, 14), (12,), (12,))),
        "cascade": pose(
            index=((12,), (18,), (8,)),
            middle=((24,), (28,), (14,)),
            ring=((36,), (38,), (20,)),
            pinky=((44,), (42,), (22,)),
            thumb=((8, 8), (12,), (20,)),
        ),
    },
    "open": {
        "flat": NAMED_POSES["flat"],
        "spread": NAMED_POSES["spread"],
        "stop": _all(((-8,), (2,), (0,)), ((-6, -4), (0,), (0,))),
        "wide": pose(index=((-6, 16),), middle=((-4, 2),), ring=((-4, -12),), pinky=((-4, -26),), thumb=((-18, -20),)),
        "four": _all(STRAIGHT, ACROSS),
    },
    "fist": {
        "fist": NAMED_POSES["fist"],
        "loose_fist": _all(((62,), (84,), (48,)), ((2, 32, -5), (20,), (36,))),
        "key_fist": _all(CURLED, ((6, 6), (16,), (20,))),
        "thumbs_up": NAMED_POSES["thumbs_up"],
    },
    "pointing": {
        "pointing": NAMED_POSES["pointing"],
        "pistol": _raised("index", thumb=OUT),
        "soft_pointing": pose(
            index=((8,), (10,), (5,)),
            **dict.fromkeys(FINGERS[1:], ((48,), (62,), (32,))),
            thumb=((14, 16), (20,), (24,)),
        ),
        "pressing": pose(
            index=((30,), (28,), (14,)),
            **dict.fromkeys(FINGERS[1:], ((40,), (58,), (30,))),
            thumb=((8, 8), (12,), (18,)),
        ),
    },
    "pinch": {
        "pinch": NAMED_POSES["pinch"],
        "ok": pose(
            index=((44, -3), (46,), (30,)),
            middle=((14, 2), (12,), (6,)),
            ring=((6, -4), (8,), (4,)),
            pinky=((0, -12), (6,), (4,)),
            thumb=((13, 26, 4), (13,), (20,)),
        ),
        "closed_pinch": pose(
            index=((47, -4), (47,), (31,)),
            **dict.fromkeys(FINGERS[1:], ((64,), (80,), (44,))),
            thumb=((12, 26, 4), (12,), (21,)),
        ),
        "tripod": pose(
            index=((45, -3), (42,), (26,)),
            middle=((50, 2), (44,), (28,)),
            ring=((52,), (56,), (30,)),
            pinky=((52,), (56,), (30,)),
            thumb=((14, 28, 4), (12,), (20,)),
        ),
        "key_pinch": pose(
            index=((48,), (58,), (24,)),
            **dict.fromkeys(FINGERS[1:], ((60,), (70,), (36,))),
            thumb=((4, 14), (14,), (26,)),
        ),
        "five_pinch": _all(((50,), (40,), (22,)), ((16, 30, 4), (10,), (16,))),
    },
    "grasp": {
        "grasp": NAMED_POSES["grasp"],
        "hook": NAMED_POSES["hook"],
        "bottle": _all(((38,), (42,), (28,)), ((14, 30), (12,), (18,))),
        "handle": _all(((56,), (64,), (38,)), ((4, 33), (16,), (26,))),
        "ball": pose(
            index=((32, 8), (34,), (20,)),
            middle=((32,), (36,), (20,)),
            ring=((34, -6), (36,), (20,)),
            pinky=((34, -14), (34,), (18,)),
            thumb=((4, 28), (12,), (14,)),
        ),
        "big_ball": pose(
            index=((16, 10), (26,), (16,)),
            middle=((16,), (28,), (16,)),
            ring=((18, -8), (28,), (16,)),
            pinky=((20, -18), (26,), (14,)),
            thumb=((-6, 26), (6,), (8,)),
        ),
        "plate": _all(((56,), (14,), (8,)), ((10, 30), (6,), (8,))),
        "phone": _all(((30,), (46,), (28,)), ((0, 20), (10,), (16,))),
    },
    "sign": {
        "victory": NAMED_POSES["victory"],
        "two": _raised("index", "middle"),
        "three": _raised("index", "middle", "ring"),
        "three_with_thumb": _raised("index", "middle", thumb=OUT),
        "little_finger": _raised("pinky", thumb=OVER),
        "middle_finger": _raised("middle", thumb=OVER),
        "horns": _raised("index", "pinky", thumb=((10, 30, -6), (34,), (44,))),
        "love": _raised("index", "pinky", thumb=OUT),
        "telephone": _raised("pinky", thumb=OUT),
        "letter_c": _all(((28,), (46,), (26,)), ((6, 26), (10,), (14,))),
        "letter_o": _all(((46,), (48,), (28,)), ((15, 28, 2), (12,), (18,))),
        "letter_e": _all(((36,), (96,), (56,)), ((14, 32, -8), (30,), (44,))),
        "bent_v": _raised("index", "middle", index=((10, 8), (80,), (40,)), middle=((10, -6), (80,), (40,))),
        "table": _all(((82,), (4,), (2,)), BESIDE),
        "claw": _all(((-6,), (66,), (40,)), ((-4, 4), (14,), (34,))),
        "quote": pose(
            index=((12, 6), (40,), (22,)), middle=((14, -4), (42,), (24,)), ring=CURLED, pinky=CURLED, thumb=ACROSS
        ),
        "scissors": _raised("index", "middle", index=((20, 10), (6,), (3,)), middle=((24, -8), (6,), (3,))),
        "crossed": _raised("index", "middle", index=((2, -4), (4,), (3,)), middle=((22, 9), (12,), (7,))),
    },
}
GESTURES: dict[str, Array] = {name: angles for kind in KINDS.values() for name, angles in kind.items()}
BROAD = "any"
"""Kind of gestures that come from no named one."""
GRASPS = {"grasp", "pinch"}
"""Kinds that hold things."""

SHARES = {"relaxed": 12, "open": 10, "fist": 10, "pointing": 10, "pinch": 13, "grasp": 17, "sign": 14, BROAD: 14}
BLENDED = 0.35
"""Share of the named gestures that are on their way to another one."""


def draw_gesture(rng: np.random.Generator, lower: Array, upper: Array, kind: str | None = None) -> tuple[str, Array]:
    """A gesture's kind and angles, within limits (15, 3) each and as human tendons couple joints.

    Args:
        rng: source of chance.
        lower: least angles, radians.
        upper: largest angles.
        kind: a key of KINDS, or BROAD; drawn in SHARES unless given.
    """
    kind = kind or str(rng.choice(list(SHARES), p=np.array(list(SHARES.values())) / sum(SHARES.values())))
    angles = _broad(rng, lower, upper) if kind == BROAD else _varied(rng, kind)
    return kind, coupled(angles.clip(lower, upper)).clip(lower, upper)


def _varied(rng: np.random.Generator, kind: str) -> Array:
    """A named gesture, or one between it and another, each finger on its own way, with noise."""
    first = _pick(rng, KINDS[kind])
    mix = np.zeros(5)
    if rng.random() < BLENDED:
        mix = rng.uniform(0, 0.6) + rng.normal(0, 0.15, 5)
    other = _pick(rng, GESTURES)
    share = np.repeat(mix, 3)[:, None].clip(0, 1)
    # Fingers move together, more than each does by itself.
    together = rng.normal(size=(1, 3, 3)) * np.radians([7, 2, 1])
    apart = rng.normal(size=(5, 3, 3)) * np.radians([5, 3, 2])
    return np.asarray((1 - share) * first + share * other + (together + apart).reshape(15, 3))


def _broad(rng: np.random.Generator, lower: Array, upper: Array) -> Array:
    """Any flexion of each finger from open to closed, neighbours alike, and any abduction."""
    walk = np.cumsum(np.append(rng.uniform(-0.1, 1.0), rng.normal(0, 0.35, 3)))  # index to pinky
    by_chain = np.append(walk[[0, 1, 3, 2]], rng.uniform(-0.1, 0.9))
    share = np.clip(by_chain[:, None] + rng.normal(0, 0.18, (5, 3)), -0.1, 1)
    angles = (lower + upper) / 2 + (upper - lower) * rng.normal(0, 0.22, (15, 3))
    angles[:, 0] = np.where(
        share >= 0, share * upper[:, 0].reshape(5, 3), -share * 10 * lower[:, 0].reshape(5, 3)
    ).ravel()
    return np.asarray(angles)


def coupled(angles: Array) -> Array:
    """Angles that tendons and ligaments allow.

    The end joint of a finger follows the middle one (half of it to all of it and 15 degrees, Leijnse and Spoor 2012 in
    round numbers), and a knuckle bent to a right angle no longer spreads.
    """
    out = angles.reshape(5, 3, 3).copy()
    middle = out[:4, 1, 0]
    out[:4, 2, 0] = out[:4, 2, 0].clip(np.minimum(0.35 * middle - 0.1, 0.6), 0.85 * middle + np.radians(18))
    bent = (out[:4, 0, 0] / np.radians(90)).clip(0, 1)
    out[:4, 0, 1] *= 1 - 0.8 * bent
    return np.asarray(out.reshape(15, 3))


def _pick(rng: np.random.Generator, gestures: dict[str, Array]) -> Array:
    return list(gestures.values())[rng.integers(len(gestures))]
