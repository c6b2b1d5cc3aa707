"""Pictures and what a node found in them, from a recording that holds both."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path

from hand_recon_ros.bus.bag_reader import BagTopic, open_bag
from hand_recon_ros.bus.cdr import CdrReader, read_header
from hand_recon_ros.bus.compressed_codec import COMPRESSED_IMAGE, compressed_to_rgb, decode_compressed_image
from hand_recon_ros.bus.hand_codec import HAND_ARRAY, HAND_MESH_TOPOLOGY
from hand_recon_ros.bus.hand_decoder import decode_hand_array, decode_topology
from hand_recon_ros.bus.image_codec import decode_image, image_to_rgb
from hand_recon_ros.bus.interface import Cdr
from hand_recon_ros.node.free_mesh import free_faces, with_free_mesh
from hand_recon_ros.node.image_topic import colour_image_topic
from hand_recon_ros.types import ByteImage, HandFrame

WAITING = 50
"""Images that may wait for their result; a node that dropped one never gives it."""


def read_results(
    path: Path, hands_topic: str | None = None, image_topic: str | None = None, stamps_ns: Collection[int] | None = None
) -> Iterator[tuple[ByteImage, HandFrame]]:
    """Images of a recording with the hands found in them, matched by stamp.

    Free hands that were recorded without vertices have the mesh that follows from their pose.

    Args:
        path: recording with images and results.
        hands_topic: by default every HandArray topic.
        image_topic: as in `colour_image_topic`.
        stamps_ns: those of the images that are wanted; by default all.

    Raises:
        ValueError: the recording cannot be read, or has no images or no hands.
    """
    with open_bag(path) as bag:
        images = colour_image_topic(bag, image_topic)
        hands = {t.name for t in bag.topics if t.ros_type == HAND_ARRAY and t.count and hands_topic in (None, t.name)}
        if not hands:
            raise ValueError(
                f"expected a recording with hands in it, {path} has none; make one with `hand-recon replay`"
            )
        faces = free_faces()
        pictures: dict[int, ByteImage] = {}
        for message in bag.messages():
            kind, name = message.topic.ros_type, message.topic.name
            if kind == HAND_MESH_TOPOLOGY:
                faces |= [decode_topology(message.cdr)]
            elif name == images.name and _wanted(message.cdr, stamps_ns):
                stamp_ns, picture = _picture(message.topic, message.cdr)
                pictures[stamp_ns] = picture
                if len(pictures) > WAITING:
                    del pictures[min(pictures)]
            elif name in hands:
                frame = decode_hand_array(message.cdr, faces)
                if frame.stamp_ns in pictures:
                    meshed = tuple(map(with_free_mesh, frame.hands))
                    yield pictures.pop(frame.stamp_ns), replace(frame, hands=meshed)


def _wanted(cdr: Cdr, stamps_ns: Collection[int] | None) -> bool:
    return stamps_ns is None or read_header(CdrReader(cdr))[0] in stamps_ns


def _picture(topic: BagTopic, cdr: Cdr) -> tuple[int, ByteImage]:
    if topic.ros_type == COMPRESSED_IMAGE:
        compressed = decode_compressed_image(cdr)
        return compressed.stamp_ns, compressed_to_rgb(compressed)
    image = decode_image(cdr)
    return image.stamp_ns, image_to_rgb(image)
