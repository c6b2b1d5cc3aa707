"""Reconstructed hands drawn over their photograph: shaded mesh, skeleton, label."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hand_recon_ros.render.labels import draw_labels
from hand_recon_ros.render.layers import Layer, Mesh, draw_meshes, lay_over
from hand_recon_ros.render.palette import SIDE_COLOURS
from hand_recon_ros.render.skeleton import draw_skeleton
from hand_recon_ros.types import ByteImage, Hand, HandFrame


@dataclass(frozen=True)
class Style:
    """What is drawn of a hand.

    Attributes:
        opacity: of the meshes: 0 leaves them away, 1 hides the picture behind them.
        skeleton: whether bones and joints are drawn.
        labels: whether side, track, distance and score are written at each hand.
        detail: samples per pixel along each axis of the meshes; 1 is faster.
    """

    opacity: float = 0.75
    skeleton: bool = True
    labels: bool = True
    detail: int = 2


def draw_overlay(image_rgb: ByteImage, frame: HandFrame, style: Style | None = None) -> ByteImage:
    """A copy of the picture with all hands; what is nearer hides what is farther, of its own hand and of others.

    Args:
        image_rgb: (H, W, 3), the picture that was reconstructed.
        frame: what was found in it.
        style: what is drawn; everything by default.

    Raises:
        ValueError: the picture has another size than the frame's camera.
    """
    _expect_own_picture(image_rgb, frame)
    style = style or Style()
    picture = image_rgb.copy()
    meshes = [Mesh(hand.vertices, hand.faces, SIDE_COLOURS[hand.side]) for hand in frame.hands]
    layer = draw_meshes(meshes, frame.camera, style.detail)
    lay_over(picture, layer, style.opacity)
    if style.skeleton:
        _draw_skeletons(picture, frame, layer)
    if style.labels:
        draw_labels(picture, frame.hands)
    return picture


def _expect_own_picture(image_rgb: ByteImage, frame: HandFrame) -> None:
    height, width = image_rgb.shape[:2]
    if (frame.camera.width, frame.camera.height) != (width, height):
        raise ValueError(
            f"expected the picture that was reconstructed, {frame.camera.width}x{frame.camera.height} pixels, "
            f"got one of {width}x{height}"
        )


def _draw_skeletons(picture: ByteImage, frame: HandFrame, layer: Layer) -> None:
    """Farthest first; a hand before another one also hides its bones."""
    height, width = layer.owner.shape
    part = picture[layer.top : layer.top + height, layer.left : layer.left + width]
    for number in sorted(range(len(frame.hands)), key=lambda k: _distance(frame.hands[k]), reverse=True):
        hand = frame.hands[number]
        before = part.copy()
        draw_skeleton(picture, hand.joints_2d, hand.joints)
        hidden = (layer.owner >= 0) & (layer.owner != number)
        np.copyto(part, before, where=hidden[..., None])


def _distance(hand: Hand) -> float:
    return float(hand.wrist.position[2])
