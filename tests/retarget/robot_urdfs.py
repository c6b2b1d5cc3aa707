"""Robot descriptions of our own, with the links and joints that dex-retargeting's configurations name.

Sizes are made up. The real ones are their makers', and not shipped with any package.
"""

from __future__ import annotations

from pathlib import Path
from xml.sax.saxutils import quoteattr

from hand_recon_ros.types import Side

FINGER_LENGTHS = (0.05, 0.04, 0.045)
"""Three phalanges of the four-fingered hand, metres."""
FINGER_Y = (0.045, 0.0, -0.045)
"""Fingers 0, 4 and 8 beside each other: index to ring of a right hand, ring to index of a left one."""
KNUCKLE_Z = 0.095
SPREAD = 0.02
"""From the joint that spreads a finger to the one that bends it."""


def link(name: str) -> str:
    return f"<link name={quoteattr(name)}/>"


def joint(
    name: str,
    parent: str,
    child: str,
    place: tuple[float, float, float] = (0, 0, 0),
    axis: tuple[float, float, float] | None = None,
    limits: tuple[float, float] = (-0.2, 1.6),
    roll: float = 0.0,
    kind: str = "revolute",
    more: str = "",
) -> str:
    """A joint with its child link; one without axis is fixed."""
    origin = f'<origin xyz="{place[0]} {place[1]} {place[2]}" rpy="{roll} 0 0"/>'
    moving = ""
    if axis:
        moving = f'<axis xyz="{axis[0]} {axis[1]} {axis[2]}"/>'
        moving += f'<limit lower="{limits[0]}" upper="{limits[1]}" velocity="5" effort="1"/>{more}'
    ends = f"<parent link={quoteattr(parent)}/><child link={quoteattr(child)}/>"
    return f'{link(child)}<joint name="{name}" type="{kind if axis else "fixed"}">{ends}{origin}{moving}</joint>'


def four_fingers(side: Side = Side.RIGHT) -> str:
    """Arranged as the Allegro hand: four fingers of four joints; zero is straight."""
    sign = 1 if side == Side.RIGHT else -1
    parts = [link("wrist")]
    for first, y in zip((0, 4, 8), FINGER_Y, strict=True):
        parts.append(_finger(first, (0.0, y, KNUCKLE_Z - SPREAD), (1, 0, 0), (-0.47, 0.47), (0, 1, 0), 0.0))
    parts.append(_finger(12, (0.01, sign * 0.03, 0.03), (0, 0, 1), (-1.5, 1.5), (0, 1, 0), -sign * 0.8))
    return f'<robot name="four_fingers">{"".join(parts)}</robot>'


def _finger(
    first: int,
    place: tuple[float, float, float],
    axis: tuple[float, float, float],
    limits: tuple[float, float],
    bend: tuple[float, float, float],
    roll: float,
) -> str:
    names = [f"link_{first + number}.0" for number in range(4)]
    parts = [joint(f"joint_{first}.0", "wrist", names[0], place, axis, limits, roll)]
    for number, length in zip((1, 2, 3), (SPREAD, *FINGER_LENGTHS[:2]), strict=True):
        parts.append(joint(f"joint_{first + number}.0", names[number - 1], names[number], (0, 0, length), bend))
    parts.append(joint(f"tip_{first}", names[3], f"{names[3]}_tip", (0, 0, FINGER_LENGTHS[2])))
    return "".join(parts)


def gripper(opening: float = 0.04) -> str:
    """Arranged as the Panda gripper: two fingers that slide, the second a mimic of the first."""
    mimic = '<mimic joint="panda_finger_joint1" multiplier="1" offset="0"/>'
    slide = {"kind": "prismatic", "limits": (0.0, opening), "place": (0.0, 0.0, 0.06)}
    left = joint("panda_finger_joint1", "panda_hand", "panda_leftfinger", axis=(0, 1, 0), **slide)  # type: ignore[arg-type]
    right = joint("panda_finger_joint2", "panda_hand", "panda_rightfinger", axis=(0, -1, 0), more=mimic, **slide)  # type: ignore[arg-type]
    return f'<robot name="gripper">{link("panda_hand")}{left}{right}</robot>'


def coupled_fingers() -> str:
    """Arranged as the Ability hand: five fingers, whose second joints follow the first."""
    parts = [link("base_link")]
    for number, name in enumerate(("index", "middle", "ring", "pinky")):
        place = (0.0, 0.03 - 0.02 * number, 0.09)
        mimic = f'<mimic joint="{name}_q1" multiplier="1.05" offset="0.3"/>'
        parts.append(joint(f"{name}_q1", "base_link", f"{name}_1", place, (0, 1, 0), (0.0, 2.0)))
        parts.append(joint(f"{name}_q2", f"{name}_1", f"{name}_2", (0, 0, 0.04), (0, 1, 0), (0.0, 2.6), more=mimic))
        parts.append(joint(f"{name}_end", f"{name}_2", f"{name}_tip", (0, 0, 0.04)))
    parts.append(joint("thumb_q1", "base_link", "thumb_1", (0, 0.02, 0.03), (0, 0, 1), (-2.0, 0.0)))
    parts.append(joint("thumb_q2", "thumb_1", "thumb_2", (0, 0.02, 0.02), (1, 0, 0), (-1.0, 1.0)))
    parts.append(joint("thumb_end", "thumb_2", "thumb_tip", (0, 0.05, 0.04)))
    return f'<robot name="coupled">{"".join(parts)}</robot>'


def robots_folder(folder: Path) -> Path:
    """These robots, arranged as dex-urdf's robots/hands."""
    for name, text in {
        "allegro_hand/allegro_hand_right.urdf": four_fingers(Side.RIGHT),
        "allegro_hand/allegro_hand_left.urdf": four_fingers(Side.LEFT),
        "ability_hand/ability_hand_right.urdf": coupled_fingers(),
        "panda_gripper/panda_gripper_glb.urdf": gripper(),
    }.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder
