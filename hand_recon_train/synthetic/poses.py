"""Hand poses by their joint angles: named ones, and random ones within anatomical limits.

Angles are arrays (15, 3) in radians: joints index, middle, pinky, ring, thumb, each root to tip; flexion, abduction,
twist.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from hand_recon_ros.hand_model import JointAnatomy

Array = npt.NDArray[np.float64]

CHAIN = {"index": 0, "middle": 1, "pinky": 2, "ring": 3, "thumb": 4}
FINGERS = ("index", "middle", "ring", "pinky")
CURLED = ((73,), (95,), (60,))


def pose(**fingers: tuple[tuple[float, ...], ...]) -> Array:
    """Angles from degrees: for each named finger up to three joints, each (flexion, abduction, twist) or fewer."""
    angles = np.zeros((5, 3, 3))
    for finger, joints in fingers.items():
        for level, degrees in enumerate(joints):
            angles[CHAIN[finger], level, : len(degrees)] = np.radians(degrees)
    return angles.reshape(15, 3)


NAMED_POSES: dict[str, Array] = {
    "flat": pose(),
    "relaxed": pose(
        index=((20,), (25,), (12,)),
        middle=((26,), (30,), (15,)),
        ring=((30,), (33,), (17,)),
        pinky=((33,), (35,), (18,)),
        thumb=((10,), (10,), (15,)),
    ),
    "spread": pose(index=((0, 8),), ring=((0, -9),), pinky=((0, -16),), thumb=((-10, -14),)),
    "fist": pose(**dict.fromkeys(FINGERS, CURLED), thumb=((4, 30, -5), (27,), (58,))),
    "pointing": pose(index=((2,), (6,)), **dict.fromkeys(FINGERS[1:], CURLED), thumb=((10, 19, -15), (36,), (48,))),
    "thumbs_up": pose(**dict.fromkeys(FINGERS, CURLED), thumb=((-14, -20), (-8,), (-12,))),
    "victory": pose(
        index=((0, 10),), middle=((0, -8),), ring=CURLED, pinky=CURLED, thumb=((20, 20, -10), (40,), (45,))
    ),
    "pinch": pose(
        index=((47, -4), (47,), (31,)),
        middle=((26,), (30,), (18,)),
        ring=((20,), (26,), (15,)),
        pinky=((14,), (22,), (12,)),
        thumb=((12, 26, 4), (12,), (21,)),
    ),
    "grasp": pose(**dict.fromkeys(FINGERS, ((45,), (40,), (25,))), thumb=((10, 25), (15,), (20,))),
    "hook": pose(**dict.fromkeys(FINGERS, ((5,), (80,), (50,))), thumb=((5,), (10,), (10,))),
}


def random_angles(anatomy: JointAnatomy, rng: np.random.Generator) -> Array:
    """A pose between two named ones, each finger on its own way between them, with noise, within the limits."""
    first, second = rng.choice(len(NAMED_POSES), 2)
    poses = list(NAMED_POSES.values())
    mix = np.repeat(rng.beta(0.7, 0.7) + rng.normal(0, 0.15, 5), 3)[:, None].clip(0, 1)
    noise = rng.normal(size=(15, 3)) * np.radians([9, 4, 2])
    return ((1 - mix) * poses[first] + mix * poses[second] + noise).clip(anatomy.lower, anatomy.upper)
