"""Playing recordings, and making them out of pictures."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hand_recon_ros.bus import Qos
from hand_recon_ros.bus.bag_reader import open_bag
from hand_recon_ros.bus.camera_codec import camera_of, decode_camera_info
from hand_recon_ros.bus.compressed_codec import compressed_to_rgb, decode_compressed_image
from hand_recon_ros.bus.frame_recorder import record_frames
from hand_recon_ros.bus.image_codec import decode_image, image_to_rgb
from hand_recon_ros.bus.player import PlayProgress, play_bag
from hand_recon_ros.types import CameraModel, Frame

CAMERA = CameraModel(50, 50, 32, 24, 64, 48)


class Recorder:
    """A bus that keeps what is published."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, bytes]] = []

    def publisher(self, topic: str, ros_type: str, qos: Qos) -> Any:
        sent = self.sent

        class Output:
            def publish(self, cdr: memoryview) -> None:
                sent.append((topic, bytes(cdr)))

        return Output()


def picture(number: int) -> np.ndarray:
    v, u = np.mgrid[:48, :64]
    return np.stack([u + number, v, u + v], axis=2).astype(np.uint8)


def recording(path: Path, count: int = 3, period_ns: int = 1) -> Path:
    record_frames([Frame(picture(k), 1 + k * period_ns, "camera", CAMERA) for k in range(count)], path)
    return path


def test_frames_come_back_with_their_intrinsics(tmp_path: Path) -> None:
    counts: list[int] = []
    frames = [Frame(picture(k), k + 1, "camera", CAMERA) for k in range(3)]
    assert record_frames(frames, tmp_path / "b.mcap", on_progress=counts.append) == 3
    assert counts == [1, 2, 3]
    with open_bag(tmp_path / "b.mcap") as bag:
        found = list(bag.messages())
    assert [m.topic.name for m in found] == ["/camera_info", "/image"] * 3
    for frame, info, image in zip(frames, found[::2], found[1::2], strict=True):
        assert camera_of(decode_camera_info(info.cdr), 64, 48) == CAMERA
        decoded = decode_image(image.cdr)
        assert decoded.stamp_ns == image.stamp_ns == frame.stamp_ns
        np.testing.assert_array_equal(image_to_rgb(decoded), frame.rgb)


def test_compressed_frames_lie_below_the_topic(tmp_path: Path) -> None:
    record_frames([Frame(picture(0), 1)], tmp_path / "b.mcap", topic="/cam/image", compressed=True)
    with open_bag(tmp_path / "b.mcap") as bag:
        (message,) = bag.messages()
    assert message.topic.name == "/cam/image/compressed"
    assert np.abs(compressed_to_rgb(decode_compressed_image(message.cdr)).astype(int) - picture(0)).mean() < 3


def test_no_frames_leave_no_file(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least one picture"):
        record_frames([], tmp_path / "b.mcap")
    assert list(tmp_path.iterdir()) == []


def test_playing_sends_every_message_unchanged_and_in_order(tmp_path: Path) -> None:
    bus, progress = Recorder(), []
    path = recording(tmp_path / "b.mcap")
    play_bag(path, bus, on_progress=progress.append)
    with open_bag(path) as bag:
        assert bus.sent == [(m.topic.name, bytes(m.cdr)) for m in bag.messages()]
    assert [(p.sent, p.total, p.rounds) for p in progress] == [(k, 6, 0) for k in range(1, 7)]


def test_only_the_topics_asked_for_are_played(tmp_path: Path) -> None:
    bus = Recorder()
    play_bag(recording(tmp_path / "b.mcap"), bus, only=["/image"])
    assert [topic for topic, _ in bus.sent] == ["/image"] * 3


def test_a_loop_plays_until_stopped(tmp_path: Path) -> None:
    bus, stop = Recorder(), threading.Event()

    def watch(progress: PlayProgress) -> None:
        if progress.rounds == 2:
            stop.set()

    play_bag(recording(tmp_path / "b.mcap"), bus, loop=True, stop=stop, on_progress=watch)
    assert len(bus.sent) == 13


def test_playing_waits_between_messages_and_stops_at_once(tmp_path: Path) -> None:
    bus, stop = Recorder(), threading.Event()
    path = recording(tmp_path / "b.mcap", period_ns=3600 * 10**9)
    thread = threading.Thread(target=play_bag, args=(path, bus), kwargs={"stop": stop, "rate": 2.0})
    thread.start()
    stop.set()
    thread.join(10)
    assert not thread.is_alive()
    assert len(bus.sent) <= 2


def test_bad_rates_and_recordings_without_messages_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="positive"):
        play_bag(recording(tmp_path / "b.mcap"), Recorder(), rate=0.0)
