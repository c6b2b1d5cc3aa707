"""Watches a live node from outside: records what it sees and says, and keeps a summary for display."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hand_recon_ros.bus.camera_codec import CAMERA_INFO
from hand_recon_ros.bus.compressed_codec import COMPRESSED_IMAGE
from hand_recon_ros.bus.hand_codec import HAND_ARRAY, HAND_MESH_TOPOLOGY
from hand_recon_ros.bus.image_codec import IMAGE
from hand_recon_ros.bus.interface import LATCHED, RESULTS, SENSOR_DATA
from hand_recon_ros.bus.recorder import BagWriter
from hand_recon_ros.bus.topic_recorder import TopicRecorder
from hand_recon_ros.bus.wire import WireBus
from hand_recon_ros.node.image_topic import COMPRESSED_SUFFIX
from hand_recon_ros.node.monitor import HandMonitor

NODE = "/hand_recon"


def info_topic(image_topic: str) -> str:
    """Where the intrinsics of a base image topic are: beside it."""
    return f"{image_topic.rpartition('/')[0]}/camera_info"


@contextmanager
def record_live(bus: WireBus, out: Path, image_topic: str) -> Iterator[tuple[HandMonitor, TopicRecorder]]:
    """Record images, intrinsics and hands of the node /hand_recon while the context lasts.

    Args:
        bus: of one's own node; it is spun in a thread meanwhile, and left open.
        out: .mcap file to create; it is complete when the context ends, however it ends.
        image_topic: absolute name of the image topic; compressed images when it ends in /compressed.
    """
    base = image_topic.removesuffix(COMPRESSED_SUFFIX)
    kind = IMAGE if base == image_topic else COMPRESSED_IMAGE
    topics = [
        (image_topic, kind, SENSOR_DATA),
        (info_topic(base), CAMERA_INFO, SENSOR_DATA),
        (f"{NODE}/hands", HAND_ARRAY, RESULTS),
        (f"{NODE}/mesh_topology", HAND_MESH_TOPOLOGY, LATCHED),
    ]
    stop = threading.Event()
    with BagWriter(out) as writer:
        recorder = TopicRecorder(bus, writer, topics)
        monitor = HandMonitor(bus, f"{NODE}/hands")
        receiver = threading.Thread(target=bus.spin, args=(stop,), name="recording", daemon=True)
        receiver.start()
        try:
            yield monitor, recorder
        finally:
            stop.set()
            receiver.join()
