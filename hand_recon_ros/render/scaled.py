"""Results for their picture at another size."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from hand_recon_ros.types import ByteImage, Hand, HandFrame, Roi


def fitted(rgb: ByteImage, frame: HandFrame, longest: int) -> tuple[ByteImage, HandFrame]:
    """A picture (H, W, 3) and its hands, scaled so that the longer side has so many pixels."""
    height, width = rgb.shape[:2]
    scale = longest / max(width, height)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    if size == (width, height):
        return rgb, frame
    resized = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    return np.asarray(resized, np.uint8), scaled_frame(frame, *size)


def scaled_frame(frame: HandFrame, width: int, height: int) -> HandFrame:
    """The same hands for their picture scaled to another size."""
    camera = frame.camera
    sx, sy = width / camera.width, height / camera.height
    # The origin is the centre of the first pixel, so scaling acts on pixels + 0.5.
    cx, cy = (camera.cx + 0.5) * sx - 0.5, (camera.cy + 0.5) * sy - 0.5
    scaled = replace(camera, fx=camera.fx * sx, fy=camera.fy * sy, cx=cx, cy=cy, width=width, height=height)
    return replace(frame, camera=scaled, hands=tuple(_scaled_hand(hand, sx, sy) for hand in frame.hands))


def _scaled_hand(hand: Hand, sx: float, sy: float) -> Hand:
    pixels = ((hand.joints_2d + 0.5) * (sx, sy) - 0.5).astype(np.float32)
    roi = Roi(*(round(value * s) for value, s in zip(hand.roi, (sx, sy, sx, sy), strict=True)))
    return replace(hand, joints_2d=pixels, roi=roi)
