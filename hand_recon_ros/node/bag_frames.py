"""The pictures of a recording with their intrinsics, for what reconstructs them without being a node."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from hand_recon_ros.bus.bag_reader import open_bag
from hand_recon_ros.bus.camera_codec import CAMERA_INFO
from hand_recon_ros.bus.compressed_codec import COMPRESSED_IMAGE, compressed_to_rgb, decode_compressed_image
from hand_recon_ros.bus.hand_codec import HAND_ARRAY
from hand_recon_ros.bus.image_codec import decode_image, image_to_rgb
from hand_recon_ros.bus.interface import Cdr
from hand_recon_ros.node.image_topic import colour_image_topic
from hand_recon_ros.node.inputs import CameraInfos
from hand_recon_ros.types import Frame


def has_hands(path: Path) -> bool:
    """Whether a recording holds results of a node; ValueError when it cannot be read."""
    with open_bag(path) as bag:
        return any(topic.ros_type == HAND_ARRAY and topic.count for topic in bag.topics)


def bag_frames(path: Path, image_topic: str | None = None) -> Iterator[Frame]:
    """Every picture of a recording, with the intrinsics that were last known for its frame_id.

    Args:
        path: recording, as in `open_bag`.
        image_topic: as in `colour_image_topic`.

    Raises:
        ValueError: a recording that cannot be read, or has no or several image topics, or a damaged picture.
    """
    cameras = CameraInfos()
    with open_bag(path) as bag:
        images = colour_image_topic(bag, image_topic)
        wanted = [images, *(topic for topic in bag.topics if topic.ros_type == CAMERA_INFO)]
        for message in bag.messages(wanted):
            if message.topic.ros_type == CAMERA_INFO:
                cameras.receive(message.cdr)
            else:
                yield _with_camera(decode_picture(message.cdr, images.ros_type), cameras)


def decode_picture(cdr: Cdr, ros_type: str) -> Frame:
    """The picture of an Image or CompressedImage message, without intrinsics.

    Raises:
        ValueError: the message is damaged, or its encoding is not known.
    """
    if ros_type == COMPRESSED_IMAGE:
        compressed = decode_compressed_image(cdr)
        return Frame(compressed_to_rgb(compressed), compressed.stamp_ns, compressed.frame_id)
    image = decode_image(cdr)
    return Frame(image_to_rgb(image), image.stamp_ns, image.frame_id)


def _with_camera(frame: Frame, cameras: CameraInfos) -> Frame:
    height, width = frame.rgb.shape[:2]
    camera = cameras.camera(frame.frame_id, width, height, rectified=False)
    return Frame(frame.rgb, frame.stamp_ns, frame.frame_id, camera)
