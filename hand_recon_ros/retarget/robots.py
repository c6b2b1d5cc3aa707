"""The robot hands that dex-retargeting brings configurations for, and the files that describe them.

dex-retargeting (Qin et al., "AnyTeleop", RSS 2023) names for each hand which link follows which joint. Its wheel brings
no robot descriptions: those are their makers', collected with their licences in the repository dexsuite/dex-urdf.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import yaml

from hand_recon_ros.types import Side

ROBOTS = {
    "allegro": "allegro_hand",
    "shadow": "shadow_hand",
    "svh": "schunk_svh_hand",
    "leap": "leap_hand",
    "ability": "ability_hand",
    "inspire": "inspire_hand",
    "panda": "panda_gripper",
}
"""Names of robots, and what dex-retargeting's files on them begin with."""
ONE_SIDED = ("panda",)
EXTRA = "pip install 'hand_recon_ros[retarget]' (Python 3.10 to 3.12)"
MAX_URDF_BYTES = 16 << 20


@dataclass(frozen=True)
class RobotHand:
    """Which links of a robot hand follow which joints of a hand.

    Attributes:
        name: of the robot. side: of the hand that it follows.
        urdf: where its description lies within dex-urdf's folder of hands.
        origins, tips: links, K each; the vector from an origin to its tip follows a vector between two joints.
        human: (K, 2) those joints, from and to.
        joints: that may move; empty for all between origins and tips.
    """

    name: str
    side: Side
    urdf: Path
    origins: tuple[str, ...]
    tips: tuple[str, ...]
    human: tuple[tuple[int, int], ...]
    joints: tuple[str, ...] = ()


def robot_hand(name: str, side: Side) -> RobotHand:
    """What dex-retargeting's configuration for teleoperation says about a robot hand.

    Raises:
        ValueError: no such robot, or a side that is neither left nor right.
        ImportError: dex-retargeting is not installed.
    """
    if name not in ROBOTS:
        raise ValueError(f"expected a robot out of {', '.join(ROBOTS)}, got {name!r}")
    if side not in (Side.LEFT, Side.RIGHT):
        raise ValueError("expected the left or the right side for a robot hand, got an unknown side")
    suffix = "" if name in ONE_SIDED else f"_{side.name.lower()}"
    content = yaml.safe_load((_configurations() / f"{ROBOTS[name]}{suffix}.yml").read_text())["retargeting"]
    return RobotHand(
        name,
        side,
        Path(content["urdf_path"].strip()),
        tuple(content["target_origin_link_names"]),
        tuple(content["target_task_link_names"]),
        tuple(zip(*content["target_link_human_indices"], strict=True)),
        tuple(content.get("target_joint_names") or ()),
    )


def find_urdf(robot: RobotHand, given: Path | None) -> Path:
    """The description of a robot: a URDF file, or where it lies in a folder arranged as dex-urdf's robots/hands.

    Raises:
        ValueError: it is missing, or too large to be one.
    """
    if given is None:
        raise ValueError(
            f"expected the description of {robot.name}, which dex-retargeting does not bring: give --urdf FILE, or "
            f"--urdf FOLDER with {robot.urdf} in it, such as robots/hands of https://github.com/dexsuite/dex-urdf"
        )
    path = given / robot.urdf if given.is_dir() else given
    if not path.is_file():
        raise ValueError(f"expected a URDF file of {robot.name} at {path}, there is none")
    if path.stat().st_size > MAX_URDF_BYTES:
        raise ValueError(f"expected a URDF file of at most {MAX_URDF_BYTES >> 20} MiB, {path} is larger")
    return path


def _configurations() -> Path:
    found = find_spec("dex_retargeting")
    if found is None or not found.submodule_search_locations:
        raise ImportError(f"expected the package dex-retargeting, it is not installed: {EXTRA}")
    return Path(found.submodule_search_locations[0]) / "configs" / "teleop"
