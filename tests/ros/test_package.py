"""The package as colcon builds it, and its launch file with the real networks."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="needs a ROS 2 installation, sourced")
pytest.importorskip("hand_recon_ros.msg", reason="needs this package built by colcon and its workspace sourced")

from peer import WAIT_S, Peer
from sensor_msgs.msg import CompressedImage

from hand_recon_ros.bus.bag_reader import open_bag
from hand_recon_ros.msg import HandArray
from hand_recon_ros.node.image_topic import colour_image_topic
from hand_recon_ros.paths import shared_file

ROOT = Path(__file__).parents[2]
START_S = 120.0


def test_colcon_builds_and_installs_the_package(tmp_path: Path) -> None:
    if not shutil.which("colcon"):
        pytest.skip("needs colcon")
    build = ["colcon", "--log-base", str(tmp_path / "log"), "build", "--base-paths", str(ROOT), "--merge-install"]
    folders = ["--build-base", str(tmp_path / "build"), "--install-base", str(tmp_path / "install")]
    subprocess.run([*build, *folders, "--packages-select", "hand_recon_ros"], check=True, cwd=tmp_path)
    installed = tmp_path / "install"
    program = installed / "lib/hand_recon_ros/hand-recon"
    assert os.access(program, os.X_OK)
    assert program.read_text().startswith("#!/usr/bin/env python3\n")
    for file in ("launch/hand_recon.launch.py", "config/hand_recon.yaml", "models/free_hand.npz", "msg/HandArray.msg"):
        assert (installed / "share/hand_recon_ros" / file).is_file()
    (generated,) = installed.glob("lib/python3*/*-packages/hand_recon_ros/msg/_hand_array.py")
    assert (generated.parents[1] / "pipeline").is_dir()


@contextmanager
def launched(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    command = ["ros2", "launch", "hand_recon_ros", "hand_recon.launch.py", *arguments]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment
    ) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def test_the_launch_file_starts_a_node_that_finds_hands_and_ends_cleanly(peer: Peer) -> None:
    results = peer.listen(HandArray, "/robot/hand_recon/hands")
    with open_bag(shared_file("examples", "two_hands.mcap")) as bag:
        image = bag.first(colour_image_topic(bag))
    assert image is not None
    camera = peer.node.create_publisher(CompressedImage, "/camera/color/image_raw/compressed", 10)
    arguments = ["image_topic:=/camera/color/image_raw", "compressed:=true", "namespace:=robot", "device:=cpu"]
    with launched(*arguments) as process:
        result = peer.published(camera, bytes(image.cdr), results, START_S)
        assert len(result.hands) == 2
        process.send_signal(signal.SIGINT)
        log, _ = process.communicate(timeout=WAIT_S)
    assert process.returncode == 0, log
    assert "Traceback" not in log
