"""Frames of video files and webcams."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

import cv2
import numpy as np

from hand_recon_ros.types import ByteImage, Frame

MAX_BROKEN_IN_A_ROW = 100


class Video:
    """A video file; iterate over its frames once, inside a with statement.

    Attributes:
        length: number of frames that the file announces, 0 where it does not say.
        fps: mean frame rate, 30 where the file does not say.
        broken: frames so far that the file announces but that could not be decoded.

    Raises:
        ValueError: the file is not a video with frames.
        OSError: the file cannot be opened.
    """

    def __init__(self, path: Path):
        with path.open("rb"):
            pass
        self._capture = cv2.VideoCapture(str(path))
        fps = self._capture.get(cv2.CAP_PROP_FPS) if self._capture.isOpened() else 0.0
        if not self._capture.isOpened() or not self._capture.get(cv2.CAP_PROP_FRAME_WIDTH):
            self._capture.release()
            raise ValueError(f"expected a video, {path} cannot be read as one; check the file")
        self.fps = fps if 0 < fps <= 1000 else 30.0
        self.length = max(0, int(self._capture.get(cv2.CAP_PROP_FRAME_COUNT)))
        self.broken = 0

    def __enter__(self) -> Video:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._capture.release()

    def __iter__(self) -> Iterator[Frame]:
        """Frames with the container's times, or evenly spaced ones where those do not increase."""
        stamp_ns, in_a_row, decoded = -1, 0, 0
        while in_a_row < MAX_BROKEN_IN_A_ROW:
            there, picture = self._capture.read()
            if there:
                stamp_ns = self._next_stamp(stamp_ns)
                in_a_row, decoded = 0, decoded + 1
                yield Frame(_rgb(picture), stamp_ns)
            elif decoded + self.broken < self.length:
                in_a_row, self.broken = in_a_row + 1, self.broken + 1
            else:
                return
        self.broken = self.length - decoded

    def _next_stamp(self, last_ns: int) -> int:
        stamp_ns = round(1e6 * self._capture.get(cv2.CAP_PROP_POS_MSEC))
        if last_ns < 0:
            return max(0, stamp_ns)
        return stamp_ns if stamp_ns > last_ns else last_ns + round(1e9 / self.fps)


def webcam_frames(index: int = 0) -> Iterator[Frame]:
    """Frames of a camera of this computer until it stops delivering, with the time of their arrival.

    Raises:
        ValueError: there is no such camera, or it is in use.
    """
    capture = cv2.VideoCapture(index)
    try:
        if not capture.isOpened():
            raise ValueError(
                f"expected a camera with index {index}, none can be opened; check that it is plugged in and not in use"
            )
        while True:
            there, picture = capture.read()
            if not there:
                return
            yield Frame(_rgb(picture), time.time_ns())
    finally:
        capture.release()


def _rgb(bgr: cv2.typing.MatLike) -> ByteImage:
    return np.ascontiguousarray(np.asarray(bgr, np.uint8)[..., ::-1])
