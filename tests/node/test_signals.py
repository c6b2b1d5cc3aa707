"""SIGINT and SIGTERM at any moment: a clean end soon, and recordings that can be read."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from node_runner import NodeProcess
from stand_in import picture

from hand_recon_ros.bus import RESULTS
from hand_recon_ros.bus.bag_reader import open_bag
from hand_recon_ros.bus.discovery import localhost_settings
from hand_recon_ros.bus.image_codec import IMAGE, decode_image, encode_image
from hand_recon_ros.bus.names import NodeName
from hand_recon_ros.bus.recorder import recover
from hand_recon_ros.bus.wire import WireBus, WirePublisher

DOMAIN = 1 + (os.getpid() + 61) % 100
END_S = 10.0  # a halting picture is left behind after one second; the rest is for a busy machine
WAIT_S = 30.0
HERE = Path(__file__).parent
SIGNALS = pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
Start = Callable[..., NodeProcess]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts a script of this folder with arguments."""
    running: list[NodeProcess] = []
    environment = {"ROS_DOMAIN_ID": str(DOMAIN), "ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST"}

    def run(script: str, *arguments: str) -> NodeProcess:
        running.append(NodeProcess(arguments, environment, HERE / script))
        return running[-1]

    yield run
    for process in running:
        process.close()


@pytest.fixture
def images() -> Iterator[WirePublisher]:
    """A camera's publisher."""
    bus = WireBus(NodeName("camera"), localhost_settings(DOMAIN))
    yield bus.publisher("/image", IMAGE, RESULTS)
    bus.close()


@SIGNALS
def test_while_nothing_happens(start: Start, number: signal.Signals) -> None:
    node = start("wire_node_process.py")
    node.wait_for("waiting for images")
    assert node.stop(number, END_S) == 0
    assert "0 images processed" in node.log


@SIGNALS
def test_under_load(start: Start, images: WirePublisher, number: signal.Signals) -> None:
    node = start("wire_node_process.py")
    assert images.wait_for_subscriptions(1, WAIT_S)
    for stamp in range(1, 60):
        images.publish(encode_image(stamp, "camera", picture(2, 480, 640)))
    assert node.stop(number, END_S) == 0
    assert "Traceback" not in node.log


@SIGNALS
def test_while_the_networks_load(start: Start, number: signal.Signals) -> None:
    node = start("halting_node_process.py", "load")
    node.wait_for("halting in load")
    assert node.stop(number, END_S) == 0
    assert "Traceback" not in node.log


@SIGNALS
def test_in_the_middle_of_a_picture(start: Start, images: WirePublisher, number: signal.Signals) -> None:
    node = start("halting_node_process.py", "picture")
    assert images.wait_for_subscriptions(1, WAIT_S)
    images.publish(encode_image(1, "camera", picture(1)))
    node.wait_for("halting in picture")
    assert node.stop(number, END_S) == 0
    assert "is left behind" in node.log


@SIGNALS
def test_before_the_node_has_come_to_itself(start: Start, number: signal.Signals) -> None:
    """Python ends at once, by the signal itself or with KeyboardInterrupt."""
    assert start("wire_node_process.py").stop(number, END_S) != 0


@SIGNALS
def test_a_recording_is_complete_after_a_signal(start: Start, tmp_path: Path, number: signal.Signals) -> None:
    out = tmp_path / "out.mcap"
    recorder = start("recording_process.py", str(out))
    recorder.wait_for("recording")
    assert recorder.stop(number, END_S) == 0
    assert stamps(out) == list(range(len(stamps(out))))
    assert len(stamps(out)) > 50


def test_what_a_killed_recording_leaves_can_be_sealed_and_read(start: Start, tmp_path: Path) -> None:
    recorder = start("recording_process.py", str(tmp_path / "out.mcap"))
    recorder.wait_for("recording")
    recorder.stop(signal.SIGKILL)
    left = recover(tmp_path / "out.mcap.partial")
    assert left == tmp_path / "out.mcap"
    assert stamps(left) == list(range(len(stamps(left))))
    assert len(stamps(left)) > 5  # all chunks that were complete


def stamps(path: Path) -> list[int]:
    with open_bag(path) as bag:
        return [decode_image(message.cdr).stamp_ns for message in bag.messages()]
