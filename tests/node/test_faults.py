"""What cameras do wrong, one thing at a time: each has one clear answer, and the node goes on."""

from __future__ import annotations

import logging
import struct
import sys
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from memory_bus import CAMERA, MemoryBus
from messages import header, new, reference
from stand_in import StandIn, hand, picture

from hand_recon_ros.bus.camera_codec import encode_camera_info, info_of
from hand_recon_ros.bus.image_codec import IMAGE, encode_image
from hand_recon_ros.node import HandNode, NodeParameters
from hand_recon_ros.node.camera_stream import Arrival, StreamStats
from hand_recon_ros.types import Frame, Hand, HandFrame, Pose

GOOD = {"height": 48, "width": 64, "encoding": "rgb8", "step": 192, "data": picture(1).reshape(-1)}
LAST_SECOND = 2**31 - 1


class NodeUnderTest:
    """A node on a bus in memory that processes each image as it comes."""

    def __init__(self, pipeline: StandIn | None = None, **parameters: Any):
        self.bus, self.pipeline = MemoryBus(), pipeline or StandIn()
        node = HandNode(self.bus, NodeParameters(**parameters))

        def process(camera: str, arrival: Arrival) -> bool:
            node.process(self.pipeline, {camera: arrival})
            return False

        node.open(process)
        self.stats: Any = node.streams[""].stats

    def send(self, **fields: Any) -> StreamStats:
        """Send an image with some fields of its own and tell what became of it."""
        values = GOOD | fields
        message = new(IMAGE, header=header(5, "camera"), is_bigendian=0, **values)
        self.bus.callbacks["/image"](memoryview(reference(message, IMAGE)))
        return self.stats()


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"step": 100}, "row step of at least 192 bytes"),
        ({"step": 2**32 - 1}, "image data, got 9216"),
        ({"data": np.zeros(9215, np.uint8)}, "expected 9216 bytes"),
        ({"data": np.zeros(0, np.uint8)}, "expected 9216 bytes"),
        ({"encoding": "theora"}, "image encoding out of"),
        ({"encoding": ""}, "image encoding out of"),
        ({"encoding": "rgba8"}, "row step of at least 256 bytes"),
        ({"encoding": "nv12", "step": 64, "data": np.zeros(48 * 64, np.uint8)}, "expected 4608 bytes"),
        ({"width": 0}, "1 to 16384 pixels a side"),
        ({"height": 0, "data": np.zeros(0, np.uint8)}, "1 to 16384 pixels a side"),
        ({"width": 2**32 - 1, "height": 2**32 - 1}, "1 to 16384 pixels a side"),
    ],
)
def test_an_image_that_lies_is_skipped_with_a_sentence_and_the_next_one_counts(
    fields: dict[str, Any], sentence: str
) -> None:
    node = NodeUnderTest()
    stats = node.send(**fields)
    assert (stats.failed, stats.processed) == (1, 0)
    assert sentence in stats.last_error
    assert node.send().processed == 1


@pytest.mark.parametrize("cdr", [b"", b"\0", b"\0\1\0\0", b"\0\7\0\0" + bytes(60), b"\0\1\0\0" + b"\xff" * 60])
def test_bytes_that_are_no_message_are_skipped(cdr: bytes) -> None:
    node = NodeUnderTest(use_depth=True)
    for topic in ("/camera_info", "/depth", "/image"):
        node.bus.callbacks[topic](memoryview(cdr))
    assert (node.stats().failed, node.stats().processed) == (1, 0)
    assert node.send().processed == 1


@pytest.mark.parametrize(
    "k", [(np.nan,) * 9, (np.inf, 0, 32, 0, 50, 24, 0, 0, 1), (-50, 0, 32, 0, 50, 24, 0, 0, 1), (1,) * 4 + (0,) * 5]
)
def test_intrinsics_that_are_no_numbers_are_told_and_a_field_of_view_is_assumed(k: tuple[float, ...]) -> None:
    node = NodeUnderTest()
    info = replace(info_of(CAMERA, 0, "camera"), k=k)
    node.bus.callbacks["/camera_info"](memoryview(encode_camera_info(info)))
    assert "is not usable" in node.send().camera_problem
    assert node.pipeline.frames[-1].camera is None
    node.bus.info()  # the driver recovers
    assert node.send().camera_problem == ""
    assert node.pipeline.frames[-1].camera == CAMERA


def test_stamps_of_zero_are_kept_and_reset_nothing() -> None:
    node = NodeUnderTest()
    for _ in range(3):
        node.bus.image(1, stamp=0)
    assert [message.header.stamp.nanosec for message in node.bus.arrays] == [0, 0, 0]
    assert node.pipeline.resets == []


@pytest.mark.parametrize("seconds", [LAST_SECOND, -(2**31), -1])
def test_the_ends_of_time_come_out_as_they_went_in(seconds: int) -> None:
    node = NodeUnderTest()
    node.bus.image(1, stamp=seconds * 10**9 + 999_999_999)
    (message,) = node.bus.arrays
    assert (message.header.stamp.sec, message.header.stamp.nanosec) == (seconds, 999_999_999)


def test_a_stamp_that_is_no_time_is_refused() -> None:
    node, message = NodeUnderTest(), encode_image(0, "camera", picture(1))
    message[4:12] = struct.pack("<iI", LAST_SECOND, 2**32 - 1)
    node.bus.callbacks["/image"](memoryview(message))
    assert "nanoseconds" in node.stats().last_error
    assert node.bus.arrays == []


def test_a_camera_that_returns_with_another_size_is_used_with_its_new_intrinsics() -> None:
    node, large = NodeUnderTest(), replace(CAMERA, fx=200.0, fy=200.0, cx=80.0, cy=50.0, width=160, height=100)
    node.bus.info()
    node.bus.image(1, stamp=1)
    later = 61 * 10**9
    node.bus.callbacks["/image"](memoryview(encode_image(later, "camera", picture(2, 100, 160))))
    assert "not a pure scale" in node.stats().camera_problem
    node.bus.info(large)
    node.bus.callbacks["/image"](memoryview(encode_image(later + 1, "camera", picture(2, 100, 160))))
    assert [frame.camera for frame in node.pipeline.frames] == [CAMERA, None, large]
    assert [len(message.hands) for message in node.bus.arrays] == [1, 2, 2]
    assert node.pipeline.resets == []


class Swapping(StandIn):
    """Two right hands that change places, and the order in which they are found."""

    def hands_of(self, frame: Frame) -> HandFrame:
        swapped = frame.rgb[0, 0, 0] == 1
        places = (0.3, -0.3) if swapped else (-0.3, 0.3)
        hands = [placed(number, x) for number, x in zip((1, 2), places, strict=True)]
        result = super().hands_of(replace(frame, rgb=frame.rgb * 0))
        return replace(result, hands=tuple(reversed(hands) if swapped else hands))


def placed(number: int, x: float) -> Hand:
    return replace(hand(number, True), wrist=Pose(np.eye(3, dtype=np.float32), np.array([x, 0, 0.5], np.float32)))


def test_hands_that_swap_places_keep_their_markers_and_frames() -> None:
    node = NodeUnderTest(Swapping(), publish_tf=True)
    node.bus.audience |= {"/hands/markers": 1, "/tf": 1}
    for stamp in (1, 2):
        node.bus.image(stamp - 1, stamp)
    first, second = (
        {frame.child_frame_id: frame.transform.translation.x for frame in message.transforms}
        for message in node.bus.sent["/tf"]
    )
    assert (first["right_hand"], second["right_hand"]) == pytest.approx((-0.3, 0.3))
    assert (first["right_hand_2"], second["right_hand_2"]) == pytest.approx((0.3, -0.3))
    assert [action for _, _, action in node.bus.markers[1]] == [0] * len(node.bus.markers[1])  # none is deleted


def test_a_flood_of_long_names_is_forgotten_not_kept() -> None:
    node = NodeUnderTest()
    tracemalloc.start()
    try:
        for number in range(500):
            name = f"{number:03}" + "\x01" * 1000  # four times as long where it is printed
            node.bus.info(frame_id=name)
            node.bus.image(0, frame_id=name[::-1])
            node.bus.sent.clear()
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < 32 << 20
    assert node.stats().processed == 500
    node.bus.image(0, frame_id="x" * 2000)
    assert "a string of at most" in node.stats().last_error


TOUCHY = (
    "open",
    "exec",
    "compile",
    "import",
    "os.",
    "subprocess.",
    "shutil.",
    "socket.",
    "pickle.",
    "marshal.",
    "ctypes.",
)


@pytest.fixture
def audited() -> Iterator[list[str]]:
    """What Python's audit hooks tell of files, code and processes while it is switched on by its first entry."""
    events: list[str] = []
    sys.addaudithook(lambda event, _: events.append(event) if events and event.startswith(TOUCHY) else None)
    yield events
    events.clear()  # a hook cannot be removed; an empty list switches it off


@pytest.mark.parametrize(
    "text",
    [
        *("/etc/passwd", "file:///etc/passwd", "package://hand_recon_ros/config/hand_recon.yaml", "../../../secret"),
        *("__import__('os').system('true')", "$(true)", "%s%n{0.__class__}", "\0", "\n[ERROR] forged", "\u202e"),
    ],
)
def test_no_text_in_a_message_opens_a_file_or_runs_code(
    audited: list[str], caplog: pytest.LogCaptureFixture, text: str
) -> None:
    node = NodeUnderTest(use_depth=True)
    info = replace(info_of(CAMERA, 0, text), d=(0.1,), distortion_model=text)
    messages = [
        ("/camera_info", encode_camera_info(info)),
        ("/depth", encode_image(1, text, np.ones((48, 64), np.uint16), "16UC1")),
        ("/image", encode_image(1, text, picture(1))),
        ("/image", encode_image(1, text, picture(1), text)),
    ]
    node.send()  # what is imported on first use is there now
    with caplog.at_level(logging.DEBUG):
        audited.append("on")
        for topic, message in messages:
            node.bus.callbacks[topic](memoryview(message))
        told = audited[1:]
        audited.clear()
    assert told == []
    assert "image encoding out of" in node.stats().last_error
    assert "is not usable" in node.stats().camera_problem
    assert not any(line.startswith("[ERROR] forged") for line in caplog.text.splitlines())
