"""Offline replay: every image of a recording through the node's logic, results beside the inputs."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from hand_recon_ros.bus.bag import BagBus
from hand_recon_ros.bus.bag_reader import open_bag
from hand_recon_ros.bus.compressed_codec import COMPRESSED_IMAGE
from hand_recon_ros.bus.names import NodeName
from hand_recon_ros.bus.recorder import BagWriter
from hand_recon_ros.node.camera_stream import Arrival
from hand_recon_ros.node.hand_node import HandNode, Pipeline
from hand_recon_ros.node.image_topic import COMPRESSED_SUFFIX, colour_image_topic
from hand_recon_ros.node.outputs.debug_image import DEBUG_IMAGES
from hand_recon_ros.node.parameters import NodeParameters


@dataclass(frozen=True)
class ReplaySummary:
    """Images with a result, and images that were skipped because they could not be read or reconstructed."""

    processed: int
    failed: int
    image_topic: str


def replay_bag(
    path: Path,
    out: Path,
    pipeline: Pipeline,
    parameters: NodeParameters | None = None,
    node: NodeName | None = None,
    image_topic: str | None = None,
    stop: threading.Event | None = None,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> ReplaySummary:
    """Reconstruct every image of a recording and write the results with all input topics to a new one.

    Args:
        path: recording, as in `open_bag`.
        out: .mcap file to create; it stays readable when the replay is interrupted.
        pipeline: with tracking, as in the live node.
        parameters: by default the defaults; use_compressed follows the type of the image topic.
        node: names and remappings, such as of `camera_info` and `depth`.
        image_topic: absolute name; by default the only colour image topic of the recording.
        stop: ends the replay early when set.
        on_progress: called with messages done and their total.

    Raises:
        ValueError: a recording that cannot be read, has no or several image topics, or lacks the one asked for.
        FileExistsError: out exists.
        OSError: out cannot be written any further.
    """
    node = node or NodeName("hand_recon")
    with open_bag(path) as bag:
        topic = colour_image_topic(bag, image_topic or _remapped(node))
        compressed = topic.ros_type == COMPRESSED_IMAGE
        base = topic.name.removesuffix(COMPRESSED_SUFFIX) if compressed else topic.name
        sources = (("image", base), ("image/compressed", topic.name)) if compressed else (("image", base),)
        names = replace(node, remaps=(*sources, *node.remaps))
        with BagWriter(out) as writer:
            bus = BagBus(names, bag, writer, on_progress, unrecorded=DEBUG_IMAGES)
            hands = HandNode(bus, replace(parameters or NodeParameters(), use_compressed=compressed))

            def process(camera: str, arrival: Arrival) -> bool:
                hands.process(pipeline, {camera: arrival})
                return False

            hands.open(process)
            bus.spin(stop or threading.Event())
            stats = [stream.stats() for stream in hands.streams.values()]
    return ReplaySummary(sum(s.processed for s in stats), sum(s.failed for s in stats), topic.name)


def _remapped(node: NodeName) -> str | None:
    topic = node.resolve("image")
    return None if topic == node.expand("image") else topic
