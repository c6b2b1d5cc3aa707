"""Pictures as files."""

from __future__ import annotations

from pathlib import Path

import cv2

from hand_recon_ros.atomic import written_whole
from hand_recon_ros.types import ByteImage


def save_png(path: Path, rgb: ByteImage) -> None:
    """Write a picture (H, W, 3) as PNG, whole or not at all.

    Raises:
        OSError: the file cannot be written.
    """
    _, png = cv2.imencode(".png", rgb[..., ::-1])
    with written_whole(path) as partial:
        partial.write_bytes(png.tobytes())
