"""Frames of whatever a user names: a webcam's number, a video, a picture, or a folder of pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from hand_recon_ros.camera import scaled_camera
from hand_recon_ros.sources.images import SUFFIXES, image_files, read_image
from hand_recon_ros.sources.video import Video, webcam_frames
from hand_recon_ros.types import ByteImage, CameraModel, Frame

SECOND_NS = 1_000_000_000


def is_webcam(source: str) -> bool:
    """Whether a source is the number of a webcam."""
    return source.isdecimal()


def open_frames(source: str, rate_hz: float = 10.0) -> Iterator[Frame]:
    """Frames of a source; pictures come at rate_hz.

    Raises:
        ValueError: nothing of the kind is there; the sentence says what was expected.
    """
    path = Path(source)
    if is_webcam(source):
        return webcam_frames(int(source))
    if path.is_dir() or path.suffix.lower() in SUFFIXES:
        return _pictures(image_files([path]), rate_hz)
    if not path.exists():
        raise ValueError(f"expected a webcam number, a video, a picture or a folder, {source} does not exist")
    return _video(path)


def with_camera(
    frames: Iterable[Frame], camera_of: Callable[[ByteImage], CameraModel | None], frame_id: str = "camera"
) -> Iterator[Frame]:
    """The same frames with a name and the intrinsics of each picture, scaled to its size.

    Raises:
        ValueError: a frame of another shape than the intrinsics.
    """
    for frame in frames:
        height, width = frame.rgb.shape[:2]
        camera = camera_of(frame.rgb)
        yield replace(frame, frame_id=frame_id, camera=scaled_camera(camera, width, height) if camera else None)


def _pictures(paths: list[Path], rate_hz: float) -> Iterator[Frame]:
    # Stamp zero means "unset" to other nodes, so time starts at one second.
    for number, path in enumerate(paths):
        yield Frame(read_image(path), SECOND_NS + round(number * SECOND_NS / rate_hz))


def _video(path: Path) -> Iterator[Frame]:
    with Video(path) as video:
        for frame in video:
            yield replace(frame, stamp_ns=frame.stamp_ns + SECOND_NS)
