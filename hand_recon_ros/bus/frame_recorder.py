"""Makes a recording out of pictures: image files or a video become image and camera_info topics."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np

from hand_recon_ros.bus.camera_codec import CAMERA_INFO, encode_camera_info, info_of
from hand_recon_ros.bus.compressed_codec import COMPRESSED_IMAGE, READ_AS_STORED, encode_compressed_image
from hand_recon_ros.bus.image_codec import IMAGE, encode_image
from hand_recon_ros.bus.interface import SENSOR_DATA
from hand_recon_ros.bus.recorder import BagWriter
from hand_recon_ros.camera import scaled_camera
from hand_recon_ros.types import ByteImage, CameraModel, Frame

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


def frames_of_images(
    paths: Sequence[Path], camera: CameraModel | None = None, rate_hz: float = 10.0, frame_id: str = "camera"
) -> Iterator[Frame]:
    """Image files as frames, one after another at a rate, starting at one second.

    Raises:
        ValueError: a file that is not a picture, or of another shape than the intrinsics.
    """
    for number, path in enumerate(paths):
        picture = cv2.imread(str(path), READ_AS_STORED)
        if picture is None:
            raise ValueError(f"expected a picture, {path} cannot be read as one")
        yield _frame(np.asarray(picture, np.uint8), 10**9 + round(number * 1e9 / rate_hz), camera, frame_id)


def frames_of_video(path: Path, camera: CameraModel | None = None, frame_id: str = "camera") -> Iterator[Frame]:
    """A video file as frames, with its own times counted from one second.

    Raises:
        ValueError: a file that is not a video, or of another shape than the intrinsics.
    """
    video = cv2.VideoCapture(str(path))
    try:
        if not video.isOpened():
            raise ValueError(f"expected a video, {path} cannot be read as one")
        rate_hz = video.get(cv2.CAP_PROP_FPS)
        rate_hz = rate_hz if 0 < rate_hz < 1000 else 30.0
        number = 0
        while True:
            there, picture = video.read()
            if not there:
                return
            yield _frame(np.asarray(picture, np.uint8), 10**9 + round(number * 1e9 / rate_hz), camera, frame_id)
            number += 1
    finally:
        video.release()


def _frame(bgr: ByteImage, stamp_ns: int, camera: CameraModel | None, frame_id: str) -> Frame:
    height, width = bgr.shape[:2]
    fitted = scaled_camera(camera, width, height) if camera else None
    return Frame(np.ascontiguousarray(bgr[..., ::-1]), stamp_ns, frame_id, fitted)


def image_message(rgb: ByteImage, stamp_ns: int, frame_id: str, compressed: bool) -> bytearray:
    """CDR of a picture (H, W, 3) as Image, or as JPEG CompressedImage."""
    if not compressed:
        return encode_image(stamp_ns, frame_id, rgb)
    _, data = cv2.imencode(".jpg", rgb[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    return encode_compressed_image(stamp_ns, frame_id, data.tobytes(), "rgb8; jpeg compressed bgr8")
