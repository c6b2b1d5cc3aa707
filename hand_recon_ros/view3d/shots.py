"""What the view shows: pictures with their hands, of whatever a user names, at the pace of their stamps."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TypeAlias, TypeVar

from hand_recon_ros.bus.bag_reader import is_recording
from hand_recon_ros.node.bag_frames import bag_frames, has_hands
from hand_recon_ros.node.result_reader import read_results
from hand_recon_ros.pipeline import HandPipeline
from hand_recon_ros.sources.frames import is_webcam, open_frames, with_camera
from hand_recon_ros.types import ByteImage, CameraModel, Frame, HandFrame

Shot: TypeAlias = tuple[ByteImage | None, HandFrame]
"""A picture (H, W, 3), None where it is not known, and the hands in it."""
T = TypeVar("T")
LONGEST_WAIT_S = 2.0
"""A gap in a recording is not waited out."""


def source_shots(
    source: str, load: Callable[[], HandPipeline], camera_of: Callable[[ByteImage], CameraModel | None], loop: bool
) -> Iterator[Shot]:
    """Shots of a webcam's number, video, picture, folder or recording; of a recording with hands, those.

    Args:
        source: as in `open_frames`, or a recording.
        load: makes a tracking pipeline, called only where one is needed.
        camera_of: intrinsics of a picture that comes without.
        loop: start again at the end of a file.

    Raises:
        ValueError: there is no such source, or it cannot be read.
    """
    if is_recording(Path(source)) and has_hands(Path(source)):
        yield from repeated(lambda: read_results(Path(source)), loop)
        return
    frames = repeated(lambda: _frames(source, camera_of), loop and not is_webcam(source))
    yield from reconstructed(frames, load)


def reconstructed(frames: Iterable[Frame], load: Callable[[], HandPipeline]) -> Iterator[Shot]:
    """The frames with their hands, which are followed until stamps jump back: a source that starts again."""
    pipeline: HandPipeline | None = None
    last_ns = 0
    for frame in frames:
        pipeline = pipeline or load()
        if frame.stamp_ns < last_ns:
            pipeline.reset()
        last_ns = frame.stamp_ns
        yield frame.rgb, pipeline(frame.rgb, frame.camera, frame.stamp_ns, frame.frame_id)


def _frames(source: str, camera_of: Callable[[ByteImage], CameraModel | None]) -> Iterator[Frame]:
    if is_recording(Path(source)):
        return bag_frames(Path(source))
    return with_camera(open_frames(source), camera_of)


def repeated(make: Callable[[], Iterable[T]], loop: bool) -> Iterator[T]:
    """The items of what `make` makes, again and again with loop; ends with a round that has none."""
    some = True
    while some:
        some = False
        for item in make():
            some = loop
            yield item


def paced(shots: Iterable[Shot], stop: threading.Event) -> Iterator[Shot]:
    """The shots no faster than their stamps say, until stop is set; late ones come at once."""
    due, last_ns = time.monotonic(), None
    for picture, frame in shots:
        step_s = 0.0 if last_ns is None else (frame.stamp_ns - last_ns) / 1e9
        due = max(due + min(max(step_s, 0.0), LONGEST_WAIT_S), time.monotonic() - LONGEST_WAIT_S)
        last_ns = frame.stamp_ns
        if stop.wait(max(0.0, due - time.monotonic())):
            return
        yield picture, frame
