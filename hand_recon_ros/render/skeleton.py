"""Bones and joints of a hand as lines and dots."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import cv2
import numpy as np

from hand_recon_ros.render.palette import FINGER_COLOURS, to_bytes
from hand_recon_ros.types import BONES, FINGERS, ByteImage, FloatArray, Joint

OUTLINE, WHITE = (20, 20, 20), (255, 255, 255)
PAINTS = tuple(map(to_bytes, FINGER_COLOURS))
SHIFT = 4
"""Fractional bits of the pixel coordinates given to OpenCV."""
BONES_OF_FINGER = len(BONES) // len(FINGERS)
Point = tuple[int, int]


class _Stroke(NamedTuple):
    """A line from start to end, or a dot where they are the same; painted after those with larger depth."""

    depth: float
    colour: tuple[int, int, int]
    start: Point
    end: Point


def draw_skeleton(picture: ByteImage, joints_2d: FloatArray, joints: FloatArray | None = None) -> None:
    """Draw bones and joints (21, 2) in the fingers' colours, outlined in black, in place.

    Args:
        picture: (H, W, 3) to draw on.
        joints_2d: (21, 2) pixels; joints that are not numbers or far outside are left out.
        joints: (21, 3) in the camera optical frame; with them, nearer bones cross over farther ones.
    """
    width = _line_width(picture, joints_2d)
    drawn = np.flatnonzero((np.abs(joints_2d) < 1e5).all(axis=1)).tolist()  # not those that are not numbers
    points = {joint: _fixed_point(joints_2d[joint]) for joint in drawn}
    depth = [0.0] * len(Joint) if joints is None else np.nan_to_num(joints[:, 2]).tolist()
    for stroke in sorted(_strokes(points, depth), key=lambda stroke: -stroke.depth):
        _paint(picture, stroke, width)
    if Joint.WRIST in points:
        _paint(picture, _Stroke(0, WHITE, points[Joint.WRIST], points[Joint.WRIST]), width)


def _strokes(points: dict[int, Point], depth: list[float]) -> Iterator[_Stroke]:
    """Bones, and a dot for each joint that covers the seam of its bones."""
    for finger, colour in enumerate(PAINTS):
        bones = BONES[BONES_OF_FINGER * finger : BONES_OF_FINGER * (finger + 1)]
        depths = {(parent, child): (depth[parent] + depth[child]) / 2 for parent, child in bones}
        for parent, child in bones:
            if parent in points and child in points:
                yield _Stroke(depths[parent, child], colour, points[parent], points[child])
        for joint in points.keys() & {child for _, child in bones}:
            yield _Stroke(min(depths[bone] for bone in bones if joint in bone), colour, points[joint], points[joint])


def _fixed_point(pixel: FloatArray) -> Point:
    x, y = np.rint(pixel * (1 << SHIFT)).astype(int).tolist()
    return x, y


def _paint(picture: ByteImage, stroke: _Stroke, width: int) -> None:
    border = _border(width)
    for colour, more in ((OUTLINE, border), (stroke.colour, 0)):
        if stroke.start == stroke.end:
            radius = int((width + more / 2) * (1 << SHIFT))
            cv2.circle(picture, stroke.start, radius, colour, -1, cv2.LINE_AA, SHIFT)
        else:
            cv2.line(picture, stroke.start, stroke.end, colour, width + more, cv2.LINE_AA, SHIFT)


def _border(width: int) -> int:
    """Both borders of a line together, in pixels."""
    return max(2, round(0.7 * width)) if width > 1 else 1


def _line_width(picture: ByteImage, joints_2d: FloatArray) -> int:
    """Pixels: a hundredth of the hand, so that far hands stay legible, but no more than fits the picture."""
    hand = float(np.nanmax(np.ptp(joints_2d, axis=0), initial=0))
    return max(1, round(min(hand / 90, max(picture.shape[:2]) / 250)))
