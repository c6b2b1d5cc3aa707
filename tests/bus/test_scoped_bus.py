"""Topics of one camera on the bus of the whole node."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "node"))

from memory_bus import MemoryBus

from hand_recon_ros.bus import RESULTS
from hand_recon_ros.bus.scoped_bus import ScopedBus


@pytest.mark.parametrize(
    ("scope", "topic", "absolute"),
    [
        ("left", "image", "/left/image"),
        ("left", "~/hands", "/hands/left/hands"),
        ("left", "/tf", "/tf"),
        ("", "image", "/image"),
        ("", "~/hands", "/hands/hands"),
    ],
)
def test_topics_lie_below_the_scope(scope: str, topic: str, absolute: str) -> None:
    assert ScopedBus(MemoryBus(), scope).resolve(topic) == absolute


def test_siblings_follow_the_remapped_image_of_their_own_camera() -> None:
    bus = ScopedBus(MemoryBus(("left/image", "/cam/image_raw")), "left")
    assert bus.sibling("image", "camera_info") == "/cam/camera_info"
    assert bus.sibling("image", "image/compressed") == "/cam/image_raw/compressed"
    moved = ScopedBus(MemoryBus(("left/image", "/cam/image_raw"), ("left/camera_info", "/info")), "left")
    assert moved.sibling("image", "camera_info") == "/info"


def test_messages_pass_through_the_node_s_bus() -> None:
    whole = MemoryBus()
    bus = ScopedBus(whole, "left")
    got: list[bytes] = []
    bus.subscribe("image", "sensor_msgs/msg/Image", RESULTS, lambda cdr: got.append(bytes(cdr)))
    whole.callbacks["/left/image"](memoryview(b"x"))
    assert got == [b"x"]
    assert bus.now_ns() == whole.now_ns()
