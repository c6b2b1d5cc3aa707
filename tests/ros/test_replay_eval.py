"""The live evaluation: real player, real recorder, the node, and the report."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

pytest.importorskip("rosbag2_py", reason="needs a ROS 2 installation with rosbag2, sourced")
pytest.importorskip("hand_recon_ros.msg", reason="needs this package built by colcon and its workspace sourced")

from hand_recon_ros.paths import shared_file


def test_a_played_recording_is_evaluated(tmp_path: Path) -> None:
    out = tmp_path / "out"
    arguments = [f"bag:={shared_file('examples', 'two_hands.mcap')}", f"out:={out}", "image_topic:=/camera/image"]
    command = ["ros2", "launch", "hand_recon_ros", "replay_eval.launch.py", *arguments, "compressed:=true"]
    done = subprocess.run([*command, "device:=cpu"], capture_output=True, text=True, timeout=180)
    assert done.returncode == 0, done.stdout + done.stderr
    record = json.loads((out / "report.json").read_text())
    assert (out / "report.html").is_file()
    # A node that takes the newest image may drop some on a busy machine, never most of them.
    assert record["images"] > 70 and record["results"] > 40
    assert record["sides"]["left"]["pictures"] > 40 and record["sides"]["right"]["pictures"] > 40
