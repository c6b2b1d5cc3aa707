"""Makes a recording out of pictures: frames become image and camera_info topics."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import cv2

from hand_recon_ros.bus.camera_codec import CAMERA_INFO, encode_camera_info, info_of
from hand_recon_ros.bus.compressed_codec import COMPRESSED_IMAGE, encode_compressed_image
from hand_recon_ros.bus.image_codec import IMAGE, encode_image
from hand_recon_ros.bus.interface import SENSOR_DATA
from hand_recon_ros.bus.recorder import BagWriter
from hand_recon_ros.types import ByteImage, Frame

JPEG_QUALITY = 95


def record_frames(
    frames: Iterable[Frame],
    out: Path,
    topic: str = "/image",
    compressed: bool = False,
    on_progress: Callable[[int], None] = lambda count: None,
) -> int:
    """Write frames as Image (or JPEG CompressedImage below the topic) and camera_info beside it.

    Frames without a camera leave camera_info out. The number of frames written is returned; when writing is
    interrupted, the frames so far are kept.

    Raises:
        ValueError: out is not named .mcap, or there is no frame.
        FileExistsError: out exists.
    """
    image_topic = f"{topic}/compressed" if compressed else topic
    info_topic = f"{topic.rpartition('/')[0]}/camera_info"
    count = 0
    with BagWriter(out) as writer:
        writer.add_topic(image_topic, COMPRESSED_IMAGE if compressed else IMAGE, SENSOR_DATA)
        for frame in frames:
            if frame.camera is not None:
                writer.add_topic(info_topic, CAMERA_INFO, SENSOR_DATA)
                info = info_of(frame.camera, frame.stamp_ns, frame.frame_id)
                writer.write(info_topic, frame.stamp_ns, encode_camera_info(info))
            writer.write(
                image_topic, frame.stamp_ns, image_message(frame.rgb, frame.stamp_ns, frame.frame_id, compressed)
            )
            count += 1
            on_progress(count)
    if not count:
        out.unlink()
        raise ValueError("expected at least one picture to record, got none")
    return count


def image_message(rgb: ByteImage, stamp_ns: int, frame_id: str, compressed: bool) -> bytearray:
    """CDR of a picture (H, W, 3) as Image, or as JPEG CompressedImage."""
    if not compressed:
        return encode_image(stamp_ns, frame_id, rgb)
    _, data = cv2.imencode(".jpg", rgb[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    return encode_compressed_image(stamp_ns, frame_id, data.tobytes(), "rgb8; jpeg compressed bgr8")
