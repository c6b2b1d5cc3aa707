"""`hand-recon retarget` on recordings, and what it says when something is missing."""

from __future__ import annotations

import runpy
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from messages import STORE
from typer.testing import CliRunner

from hand_recon_ros.bus.bag_reader import open_bag
from hand_recon_ros.bus.joint_state_codec import JOINT_STATE
from hand_recon_ros.cli import app
from hand_recon_ros.paths import shared_file

LAUNCH = Path(__file__).parents[2] / "launch" / "retarget.launch.py"


def retarget(*arguments: str | Path) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["retarget", *map(str, arguments)])
    return done.exit_code, " ".join(done.output.split())


def joint_state(cdr: memoryview) -> Any:
    return STORE.deserialize_cdr(bytes(cdr), JOINT_STATE)


@pytest.mark.skipif(not find_spec("dex_retargeting"), reason="needs the extra retarget")
class TestWithDexRetargeting:
    def test_a_recording_of_hands_becomes_one_of_commands(self, clip: Path, robots: Path, tmp_path: Path) -> None:
        out = tmp_path / "commands.mcap"
        code, said = retarget("--robot", "allegro", "--urdf", robots, "--bag", clip, "--out", out)
        assert code == 0 and "75 commands for 16 joints on /allegro/joint_commands" in said
        with open_bag(out) as bag:
            (topic,) = bag.topics
            messages = [joint_state(message.cdr) for message in bag.messages()]
        assert (topic.name, topic.ros_type, topic.count) == ("/allegro/joint_commands", JOINT_STATE, 75)
        assert all(len(message.name) == len(message.position) == 16 for message in messages)
        assert np.ptp([message.position for message in messages], axis=0).max() > 0.5

    def test_the_poses_of_a_side_give_the_same(self, clip: Path, robots: Path, tmp_path: Path) -> None:
        positions = []
        for topic in ("/hand_recon/hands", "/hand_recon/left/joints"):
            out = tmp_path / f"{topic.rpartition('/')[2]}.mcap"
            options = ("--robot", "allegro", "--side", "left", "--urdf", robots, "--topic", topic)
            assert retarget(*options, "--bag", clip, "--out", out)[0] == 0
            with open_bag(out) as bag:
                positions.append([joint_state(message.cdr).position for message in bag.messages()])
        np.testing.assert_allclose(positions[0], positions[1], atol=0.05)

    def test_a_recording_without_hands_is_named(self, robots: Path, tmp_path: Path) -> None:
        out = tmp_path / "commands.mcap"
        bundled = shared_file("examples", "two_hands.mcap")
        code, said = retarget("--robot", "allegro", "--urdf", robots, "--bag", bundled, "--out", out)
        assert code == 1 and "expected a recording with hands" in said and "hand-recon replay" in said
        assert not out.exists()

    def test_a_description_is_asked_for(self) -> None:
        code, said = retarget("--robot", "shadow")
        assert code == 1 and "--urdf FOLDER with shadow_hand/shadow_hand_right.urdf in it" in said

    def test_arguments_that_are_not_ros_are_refused(self, robots: Path) -> None:
        code, said = retarget("--robot", "allegro", "--urdf", robots, "--bus", "wire", "--speed", "3")
        assert code == 1 and "expected --ros-args" in said and "--speed" in said


def test_bag_and_out_belong_together(tmp_path: Path) -> None:
    code, said = retarget("--robot", "allegro", "--out", tmp_path / "commands.mcap")
    assert code == 2 and "give --bag and --out together" in said


def test_an_unknown_robot_is_named() -> None:
    code, said = retarget("--robot", "hal")
    assert code == 1 and "expected a robot out of allegro" in said


def test_the_launch_file_describes_its_arguments() -> None:
    pytest.importorskip("launch_ros", reason="needs a ROS 2 installation")
    description = runpy.run_path(str(LAUNCH))["generate_launch_description"]()
    names = {argument.name for argument in description.get_launch_arguments()}
    assert {"robot", "urdf", "side", "topic", "commands", "max_speed", "stale", "rate"} <= names
