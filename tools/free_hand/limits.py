"""Axes and limits of the finger joints.

Limits are rounded active ranges of healthy adults from general anatomy and goniometry (for example Norkin and White,
"Measurement of Joint Motion"); they are not measured here.
"""

from __future__ import annotations

import numpy as np

from tools.free_hand.canonical import FINGERS, REST_BONES, rest_axis, rest_direction

LIMITS = {
    "mcp": ((-30, 90), (-20, 20), (-5, 5)),
    "pip": ((-5, 110), (0, 0), (-3, 3)),
    "dip": ((-10, 80), (0, 0), (-3, 3)),
    "thumb cmc": ((-20, 45), (-30, 35), (-25, 25)),
    "thumb mcp": ((-10, 60), (-12, 12), (-6, 6)),
    "thumb ip": ((-20, 85), (0, 0), (-3, 3)),
}
"""Flexion, abduction and twist from the rest pose, degrees."""
SPLAY = {"index": (-15, 20), "middle": (-15, 15), "ring": (-18, 12), "pinky": (-28, 12)}
"""Abduction of each finger's root, degrees, positive to the thumb's side."""


def joint_axes() -> np.ndarray:
    """Unit axes (15, 3, 3) at rest, rows flexion, abduction, twist."""
    bones = [(name, rest_direction(*angles)) for name in FINGERS for angles in REST_BONES[name]]
    flexion = [rest_axis(name, bone) for name, bone in bones]
    return np.array([(a, np.cross(bone, a), bone) for (_, bone), a in zip(bones, flexion, strict=True)])


def joint_limits() -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper limits (15, 3) in radians, in the order of the axes."""
    rows = []
    for name in FINGERS:
        kinds = ("thumb cmc", "thumb mcp", "thumb ip") if name == "thumb" else ("mcp", "pip", "dip")
        rows += [list(LIMITS[kind]) for kind in kinds]
        if name in SPLAY:
            rows[-3][1] = SPLAY[name]
    return tuple(np.radians(np.array(rows)).transpose(2, 0, 1))
