"""Overlays as a video file."""

from __future__ import annotations

import os
from pathlib import Path
from types import TracebackType

import cv2

from hand_recon_ros.types import ByteImage


class Film:
    """Writes pictures to an MP4 (MPEG-4 part 2: what every OpenCV wheel can encode); use it in a with statement.

    The file appears at the end, however that comes: with every picture so far, or not at all when there is none.
    Odd sizes lose their last row or column, as the codec wants even ones.
    """

    def __init__(self, path: Path, fps: float):
        self._path, self._fps = path, fps
        self._partial = path.with_name(f".{path.stem}.{os.getpid()}.partial{path.suffix}")
        self._writer: cv2.VideoWriter | None = None

    def __enter__(self) -> Film:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._writer is None:
            return
        self._writer.release()
        if _playable(self._partial):
            self._partial.replace(self._path)
            return
        self._partial.unlink()
        if error is None:  # OpenCV does not say when it cannot write
            raise OSError(f"expected a whole video, {self._path} could not be completed; is the disk full?")

    def write(self, rgb: ByteImage) -> None:
        """Append a picture (H, W, 3).

        Raises:
            OSError: the file cannot be written.
        """
        if self._writer is None:
            self._writer = self._opened(rgb.shape[1], rgb.shape[0])
        self._writer.write(rgb[..., ::-1])

    def _opened(self, width: int, height: int) -> cv2.VideoWriter:
        self._partial.touch()  # OpenCV does not say why it cannot open a file; this does
        writer = cv2.VideoWriter(str(self._partial), cv2.VideoWriter.fourcc(*"mp4v"), self._fps, (width, height))
        if not writer.isOpened():
            self._partial.unlink()
            raise OSError(f"expected OpenCV to encode MPEG-4, it cannot write {self._path}; install OpenCV's own wheel")
        return writer


def _playable(path: Path) -> bool:
    video = cv2.VideoCapture(str(path))
    try:
        return video.read()[0]
    finally:
        video.release()
