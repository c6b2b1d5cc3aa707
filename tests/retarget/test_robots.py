"""Robot hands: configurations, descriptions, kinematics and what lays a human hand over them."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from robot_urdfs import FINGER_LENGTHS, FINGER_Y, KNUCKLE_Z, SPREAD, four_fingers, gripper

from hand_recon_ros.retarget import ROBOTS, Retargeter
from hand_recon_ros.retarget.aims import PalmAim, PinchAim, aim_of, similarity
from hand_recon_ros.retarget.kinematics import Mimic, RobotKinematics, read_mimics
from hand_recon_ros.retarget.operator_joints import reference_joints
from hand_recon_ros.retarget.robots import MAX_URDF_BYTES, find_urdf, robot_hand
from hand_recon_ros.types import Joint, Side

with_dex = pytest.mark.skipif(not find_spec("dex_retargeting"), reason="needs the extra retarget")


def kinematics(name: str, robots: Path, side: Side = Side.RIGHT) -> RobotKinematics:
    robot = robot_hand(name, side)
    return RobotKinematics(robot, find_urdf(robot, robots))


@with_dex
@pytest.mark.parametrize("name", ROBOTS)
@pytest.mark.parametrize("side", [Side.RIGHT, Side.LEFT])
def test_every_configuration_is_understood(name: str, side: Side) -> None:
    robot = robot_hand(name, side)
    assert len(robot.origins) == len(robot.tips) == len(robot.human) >= 1
    assert all(0 <= joint < 21 for pair in robot.human for joint in pair)
    assert robot.urdf.suffix == ".urdf"
    assert {tip for _, tip in robot.human} >= ({Joint.INDEX_TIP} if name == "panda" else {Joint.THUMB_TIP})


def test_an_unknown_robot_or_side_is_named() -> None:
    with pytest.raises(ValueError, match=r"expected a robot out of allegro, .*panda, got 'hal'"):
        robot_hand("hal", Side.RIGHT)
    with pytest.raises(ValueError, match="left or the right side"):
        robot_hand("allegro", Side.UNKNOWN)


def test_without_the_extra_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hand_recon_ros.retarget.robots.find_spec", lambda name: None)
    with pytest.raises(ImportError, match=r"dex-retargeting, .*pip install 'hand_recon_ros\[retarget\]'"):
        Retargeter.create("allegro")


@with_dex
def test_a_missing_description_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"give --urdf FILE, or --urdf FOLDER with allegro_hand/allegro_hand_right"):
        Retargeter.create("allegro")
    with pytest.raises(
        ValueError, match=r"expected a URDF file of allegro at .*allegro_hand_right.urdf, there is none"
    ):
        Retargeter.create("allegro", urdf=tmp_path)


@with_dex
@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("no XML", "expected a URDF file, .* cannot be read"),
        ("<a/>", "expected a URDF file, .* cannot be read"),
        (gripper(), "expected a link wrist in .*, there is none; give the URDF file that .* allegro"),
        (four_fingers().replace('"revolute"', '"continuous"'), "expected a robot of hinges and slides with limits"),
        (four_fingers().replace('"revolute"', '"fixed"'), "expected joints between wrist and link_.* there are none"),
        (gripper().replace('multiplier="1"', 'multiplier="one"'), "expected a URDF file, .* cannot be read"),
    ],
)
def test_descriptions_that_are_none_are_refused(text: str, complaint: str, tmp_path: Path) -> None:
    path = tmp_path / "robot.urdf"
    path.write_text(text)
    with pytest.raises(ValueError, match=complaint):
        Retargeter.create("allegro", urdf=path)


@with_dex
def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "robot.urdf"
    with path.open("wb") as file:
        file.truncate(MAX_URDF_BYTES + 1)
    with pytest.raises(ValueError, match="at most 16 MiB"):
        Retargeter.create("allegro", urdf=path)


def test_mimic_joints_are_read(robots: Path) -> None:
    assert Mimic("index_q2", "index_q1", 1.05, 0.3) in read_mimics(robots / "ability_hand/ability_hand_right.urdf")


@with_dex
def test_fingertips_are_where_the_angles_put_them(robots: Path) -> None:
    robot = kinematics("allegro", robots)
    bends = np.array([0.3, 0.5, 0.7])
    positions = robot.flat
    positions[[robot.names.index(f"joint_{n}.0") for n in (1, 2, 3)]] = bends
    angles = np.cumsum(bends)
    x, z = np.sin(angles) @ FINGER_LENGTHS, np.cos(angles) @ FINGER_LENGTHS + KNUCKLE_Z
    index = robot.robot.tips.index("link_3.0_tip")
    np.testing.assert_allclose(robot.vectors(positions)[index], [x, FINGER_Y[0], z], atol=1e-9)
    np.testing.assert_allclose(robot.knuckles()[index], [0, FINGER_Y[0], KNUCKLE_Z], atol=1e-9)
    assert robot.names[:4] == ("joint_0.0", "joint_1.0", "joint_2.0", "joint_3.0") and SPREAD < KNUCKLE_Z


@with_dex
def test_joints_that_follow_others_move_with_them_and_get_no_command(robots: Path) -> None:
    robot = kinematics("ability", robots)
    assert robot.names == ("thumb_q1", "thumb_q2", "index_q1", "middle_q1", "pinky_q1", "ring_q1")
    positions = robot.flat
    positions[2] = 0.4
    total = 0.4 + 1.05 * 0.4 + 0.3
    expected = [0.04 * (np.sin(0.4) + np.sin(total)), 0.03, 0.09 + 0.04 * (np.cos(0.4) + np.cos(total))]
    np.testing.assert_allclose(robot.vectors(positions)[1], expected, atol=1e-9)


@with_dex
def test_joints_of_a_wrist_stay(tmp_path: Path) -> None:
    text = four_fingers().replace('<link name="wrist"/>', "", 1)
    arm = '<link name="arm"/><link name="wrist"/><joint name="wrist_bend" type="revolute"><parent link="arm"/>'
    arm += '<child link="wrist"/><axis xyz="0 1 0"/><limit lower="-1" upper="1" velocity="1" effort="1"/></joint>'
    path = tmp_path / "robot.urdf"
    path.write_text(text.replace('<robot name="four_fingers">', f'<robot name="armed">{arm}'))
    robot = robot_hand("allegro", Side.RIGHT)
    armed, free = RobotKinematics(robot, path), four_fingers()
    path.with_name("free.urdf").write_text(free)
    plain = RobotKinematics(robot, path.with_name("free.urdf"))
    assert armed.names == plain.names
    np.testing.assert_allclose(armed.knuckles(), plain.knuckles(), atol=1e-9)


@with_dex
def test_slides_are_told_from_hinges(robots: Path) -> None:
    slide, hinges = kinematics("panda", robots), kinematics("allegro", robots)
    assert slide.names == ("panda_finger_joint1",) and slide.prismatic.all() and not hinges.prismatic.any()


@settings(deadline=None)
@given(st.floats(0.3, 3), st.tuples(*[st.floats(-1, 1)] * 3))
def test_scale_and_shift_are_found_again(scale: float, shift: tuple[float, float, float]) -> None:
    points = reference_joints(Side.RIGHT)
    found = similarity(points, scale * points + shift)
    assert found[0] == pytest.approx(scale)
    np.testing.assert_allclose(found[1], shift, atol=1e-9)


@with_dex
@pytest.mark.parametrize("side", [Side.RIGHT, Side.LEFT])
def test_the_flat_hand_lies_over_the_flat_robot(robots: Path, side: Side) -> None:
    robot = kinematics("allegro", robots, side)
    aim = aim_of(robot)
    assert isinstance(aim, PalmAim) and 1.0 < aim.scale < 1.6
    apart = (aim(reference_joints(side)) - robot.vectors(robot.flat))[1:]  # the thumb is first
    assert np.linalg.norm(apart, axis=1).max() < 0.03
    touching = reference_joints(side).copy()
    touching[Joint.THUMB_TIP] = touching[Joint.INDEX_TIP]
    thumb, index, *_ = aim(touching)
    np.testing.assert_array_equal(thumb, index)


@with_dex
def test_the_description_of_the_other_side_is_refused(robots: Path) -> None:
    right = robots / "allegro_hand/allegro_hand_right.urdf"
    with pytest.raises(
        ValueError, match=r"expected the description of a left hand, the fingers in .* lie the other way"
    ):
        Retargeter.create("allegro", Side.LEFT, right)


@with_dex
def test_the_flat_hand_opens_a_gripper_widest(robots: Path) -> None:
    aim = aim_of(kinematics("panda", robots))
    assert isinstance(aim, PinchAim)
    np.testing.assert_allclose(aim(reference_joints(Side.RIGHT)), [[0, -0.08, 0]], atol=1e-9)


def test_importing_loads_neither_torch_nor_dex_retargeting() -> None:
    code = "import sys, hand_recon_ros.retarget as r; sys.exit(bool({'torch', 'dex_retargeting'} & {*sys.modules}))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
