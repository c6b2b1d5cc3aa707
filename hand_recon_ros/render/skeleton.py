"""Bones and joints of a hand as lines and dots."""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np

from hand_recon_ros.render.palette import FINGER_COLOURS, Rgb, to_bytes
from hand_recon_ros.types import BONES, FINGERS, ByteImage, FloatArray, Joint

OUTLINE, WHITE = (20, 20, 20), (1.0, 1.0, 1.0)
SHIFT = 4
"""Fractional bits of the pixel coordinates given to OpenCV."""
BONES_OF_FINGER = len(BONES) // len(FINGERS)
Points = dict[int, tuple[int, int]]


def draw_skeleton(picture: ByteImage, joints_2d: FloatArray, joints: FloatArray | None = None) -> None:
    """Draw bones and joints (21, 2) in the fingers' colours, outlined in black, in place.

    Args:
        picture: (H, W, 3) to draw on.
        joints_2d: (21, 2) pixels; joints that are not numbers or far outside are left out.
        joints: (21, 3) in the camera optical frame; with them, nearer fingers cross over farther ones.
    """
    width = _line_width(picture, joints_2d)
    drawn = np.flatnonzero((np.abs(joints_2d) < 1e5).all(axis=1)).tolist()  # not those that are not numbers
    points = {joint: _fixed_point(joints_2d[joint]) for joint in drawn}
    for finger in _far_to_near(joints):
        first = BONES_OF_FINGER * finger
        bones = [bone for bone in BONES[first : first + BONES_OF_FINGER] if points.keys() >= set(bone)]
        _draw_chain(picture, points, bones, FINGER_COLOURS[finger], width)
        _draw_dots(picture, points, range(first + 1, first + 1 + BONES_OF_FINGER), FINGER_COLOURS[finger], width)
    _draw_dots(picture, points, [Joint.WRIST], WHITE, width)


def _fixed_point(pixel: FloatArray) -> tuple[int, int]:
    x, y = np.rint(pixel * (1 << SHIFT)).astype(int).tolist()
    return x, y


def _far_to_near(joints: FloatArray | None) -> list[int]:
    if joints is None:
        return list(range(len(FINGERS)))
    depth = joints[1:, 2].reshape(len(FINGERS), -1).mean(axis=1)
    return [int(finger) for finger in np.argsort(-depth, kind="stable")]


def _draw_chain(picture: ByteImage, points: Points, bones: list[tuple[int, int]], colour: Rgb, width: int) -> None:
    for paint, thickness in ((OUTLINE, width + _border(width)), (to_bytes(colour), width)):
        for parent, child in bones:
            cv2.line(picture, points[parent], points[child], paint, thickness, cv2.LINE_AA, SHIFT)


def _draw_dots(picture: ByteImage, points: Points, joints: Iterable[int], colour: Rgb, width: int) -> None:
    centres = [points[joint] for joint in joints if joint in points]
    for paint, radius in ((OUTLINE, width + _border(width) / 2), (to_bytes(colour), width)):
        for centre in centres:
            cv2.circle(picture, centre, int(radius * (1 << SHIFT)), paint, -1, cv2.LINE_AA, SHIFT)


def _border(width: int) -> int:
    """Both borders of a line together, in pixels."""
    return max(2, round(0.7 * width)) if width > 1 else 1


def _line_width(picture: ByteImage, joints_2d: FloatArray) -> int:
    """Pixels: a hundredth of the hand, so that far hands stay legible, but no more than fits the picture."""
    hand = float(np.nanmax(np.ptp(joints_2d, axis=0), initial=0))
    return max(1, round(min(hand / 90, max(picture.shape[:2]) / 250)))
