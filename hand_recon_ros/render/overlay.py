"""Reconstructed hands drawn over their photograph: shaded mesh, skeleton, label."""

from __future__ import annotations

import cv2
import numpy as np

from hand_recon_ros.render.labels import draw_labels
from hand_recon_ros.render.layers import Mesh, draw_meshes, lay_over
from hand_recon_ros.render.palette import FINGER_COLOURS, SIDE_COLOURS, to_bytes
from hand_recon_ros.types import BONES, ByteImage, FloatArray, HandFrame

OUTLINE, WHITE = (20, 20, 20), (255, 255, 255)
SHIFT = 4
"""Fractional bits of the pixel coordinates given to OpenCV."""


def draw_overlay(image_rgb: ByteImage, frame: HandFrame, opacity: float = 0.7, detail: int = 2) -> ByteImage:
    """A copy of the picture with the meshes, skeletons and labels of all hands.

    Args:
        image_rgb: (H, W, 3), the picture that was reconstructed.
        frame: what was found in it.
        opacity: of the meshes, 0 to 1.
        detail: samples per pixel along each axis; 1 is faster.

    Raises:
        ValueError: the picture has another size than the frame's camera.
    """
    height, width = image_rgb.shape[:2]
    if (frame.camera.width, frame.camera.height) != (width, height):
        raise ValueError(
            f"expected the picture that was reconstructed, {frame.camera.width}x{frame.camera.height} pixels, "
            f"got one of {width}x{height}"
        )
    picture = image_rgb.copy()
    meshes = [Mesh(hand.vertices, hand.faces, SIDE_COLOURS[hand.side]) for hand in frame.hands]
    lay_over(picture, draw_meshes(meshes, frame.camera, detail), opacity)
    for hand in frame.hands:
        draw_skeleton(picture, hand.joints_2d)
    draw_labels(picture, frame.hands)
    return picture


def draw_skeleton(picture: ByteImage, joints_2d: FloatArray) -> None:
    """Draw bones and joints (21, 2) in the fingers' colours, outlined in black, in place."""
    width = _line_width(picture, joints_2d)
    drawn = np.flatnonzero((np.abs(joints_2d) < 1e5).all(axis=1)).tolist()  # not those that are not numbers
    points = {joint: np.rint(joints_2d[joint] * (1 << SHIFT)).astype(int).tolist() for joint in drawn}
    for outline in (max(2, width), 0):
        for number, (parent, child) in enumerate(BONES):
            if parent in points and child in points:
                colour = OUTLINE if outline else to_bytes(FINGER_COLOURS[number // 4])
                cv2.line(picture, points[parent], points[child], colour, width + outline, cv2.LINE_AA, SHIFT)
        for joint, point in points.items():
            colour = OUTLINE if outline else _joint_colour(joint)
            radius = int((width + outline / 2) * (1 << SHIFT))
            cv2.circle(picture, point, radius, colour, -1, cv2.LINE_AA, SHIFT)


def _joint_colour(joint: int) -> tuple[int, int, int]:
    return to_bytes(FINGER_COLOURS[(joint - 1) // 4]) if joint else WHITE


def _line_width(picture: ByteImage, joints_2d: FloatArray) -> int:
    """Pixels: a hundredth of the hand, so that far hands stay legible, but no more than fits the picture."""
    hand = float(np.nanmax(np.ptp(joints_2d, axis=0), initial=0))
    return max(1, round(min(hand / 90, max(picture.shape[:2]) / 250)))
