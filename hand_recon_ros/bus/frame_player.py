"""Publishes pictures from a webcam, a video or files as a camera would."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable

from hand_recon_ros.bus.camera_codec import CAMERA_INFO, encode_camera_info, info_of
from hand_recon_ros.bus.compressed_codec import COMPRESSED_IMAGE
from hand_recon_ros.bus.frame_recorder import image_message
from hand_recon_ros.bus.image_codec import IMAGE
from hand_recon_ros.bus.interface import SENSOR_DATA, Bus
from hand_recon_ros.bus.player import wait_for_subscriber
from hand_recon_ros.types import Frame


def play_frames(
    frames: Iterable[Frame],
    bus: Bus,
    topic: str = "/camera/image",
    compressed: bool = True,
    live: bool = False,
    stop: threading.Event | None = None,
    on_progress: Callable[[int], None] = lambda count: None,
    wait_s: float = 0.0,
) -> None:
    """Publish frames on an image topic, and camera_info beside it where they have a camera.

    Args:
        frames: stamped pictures.
        bus: where to; its remappings apply.
        topic: base topic; JPEG images go to topic/compressed.
        compressed: JPEG instead of raw images.
        live: the frames come at their own pace and are sent at once; otherwise they are paced by their stamps, and
            stamped anew with the time of sending, as a camera's are.
        stop: ends playing at once when set.
        on_progress: called with the number of frames sent.
        wait_s: longest wait for a first subscriber.
    """
    stop = stop or threading.Event()
    images = bus.publisher(
        f"{topic}/compressed" if compressed else topic, COMPRESSED_IMAGE if compressed else IMAGE, SENSOR_DATA
    )
    infos = bus.publisher(f"{topic.rpartition('/')[0]}/camera_info", CAMERA_INFO, SENSOR_DATA)
    wait_for_subscriber([images], wait_s, stop)
    started, first = time.monotonic(), None
    for count, frame in enumerate(frames, start=1):
        first = frame.stamp_ns if first is None else first
        due = started + (frame.stamp_ns - first) / 1e9
        if stop.wait(0.0 if live else max(0.0, due - time.monotonic())):
            return
        stamp_ns = bus.now_ns()
        if frame.camera is not None:
            infos.publish(encode_camera_info(info_of(frame.camera, stamp_ns, frame.frame_id)))
        images.publish(image_message(frame.rgb, stamp_ns, frame.frame_id, compressed))
        on_progress(count)
