"""Pictures published as a camera would."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest

from hand_recon_ros.bus import Qos
from hand_recon_ros.bus.camera_codec import CAMERA_INFO, camera_of, decode_camera_info
from hand_recon_ros.bus.compressed_codec import compressed_to_rgb, decode_compressed_image
from hand_recon_ros.bus.frame_player import play_frames
from hand_recon_ros.bus.image_codec import decode_image, image_to_rgb
from hand_recon_ros.types import CameraModel, Frame

CAMERA = CameraModel(50, 50, 32, 24, 64, 48)


class Listener:
    """A bus that keeps what is published, with a clock of its own."""

    def __init__(self, subscribers: int = 1) -> None:
        self.subscribers = subscribers
        self.sent: list[tuple[str, str, bytes]] = []
        self.now = 0

    def publisher(self, topic: str, ros_type: str, qos: Qos) -> Any:
        bus = self

        class Output:
            def publish(self, cdr: bytearray) -> None:
                bus.sent.append((topic, ros_type, bytes(cdr)))

            def subscription_count(self) -> int:
                return bus.subscribers

        return Output()

    def now_ns(self) -> int:
        self.now += 1_000_000_000
        return self.now


def frames(camera: CameraModel | None = CAMERA) -> list[Frame]:
    v, u = np.mgrid[:48, :64]
    pictures = [np.stack([u + k, v, u + v], axis=2).astype(np.uint8) for k in range(3)]
    return [Frame(picture, k, "eye", camera) for k, picture in enumerate(pictures)]


def test_each_picture_follows_its_intrinsics_with_the_time_of_sending() -> None:
    bus, counts = Listener(), []
    play_frames(frames(), bus, "/cam/image", compressed=False, on_progress=counts.append)
    assert [topic for topic, _, _ in bus.sent] == ["/cam/camera_info", "/cam/image"] * 3
    assert counts == [1, 2, 3]
    for number, ((_, _, info), (_, _, image)) in enumerate(zip(bus.sent[::2], bus.sent[1::2], strict=True)):
        decoded = decode_image(image)
        assert camera_of(decode_camera_info(info), 64, 48) == CAMERA
        assert (decoded.stamp_ns, decoded.frame_id) == ((number + 1) * 10**9, "eye")
        np.testing.assert_array_equal(image_to_rgb(decoded), frames()[number].rgb)


def test_without_intrinsics_only_images_are_sent() -> None:
    bus = Listener()
    play_frames(frames(camera=None), bus)
    assert {topic for topic, _, _ in bus.sent} == {"/camera/image/compressed"}
    assert CAMERA_INFO not in {ros_type for _, ros_type, _ in bus.sent}
    rgb = compressed_to_rgb(decode_compressed_image(bus.sent[0][2]))
    assert np.abs(rgb.astype(int) - frames()[0].rgb).mean() < 3


@pytest.mark.parametrize("live", [False, True])
def test_a_stop_ends_playing_before_the_next_picture(live: bool) -> None:
    bus, stop = Listener(), threading.Event()
    play_frames(frames(), bus, live=live, stop=stop, on_progress=lambda count: stop.set())
    assert len(bus.sent) == 2


def test_a_stop_ends_the_wait_for_a_subscriber() -> None:
    bus, stop = Listener(subscribers=0), threading.Event()
    stop.set()
    play_frames(frames(), bus, stop=stop, wait_s=3600.0)
    assert bus.sent == []
