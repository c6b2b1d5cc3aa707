"""Hands drawn over the picture of a live camera: what `draw_overlay` shows, in a few milliseconds.

Faces are flat, drawn from the farthest to the nearest (painter's algorithm) without samples within a pixel. OpenCV
fills each, so the cost hardly depends on the size of the hand.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from hand_recon_ros.camera import project
from hand_recon_ros.render.labels import draw_labels
from hand_recon_ros.render.palette import SIDE_COLOURS
from hand_recon_ros.render.shading import face_normals
from hand_recon_ros.render.skeleton import draw_skeleton
from hand_recon_ros.types import ByteImage, CameraModel, Hand, HandFrame

Floats = npt.NDArray[np.floating]

OPACITY = 0.6
AMBIENT = 0.35
NEAREST_M, FARTHEST_M = 0.01, 100.0
FARTHEST_PX = 8000
"""Faces with a corner farther from the picture's origin are left out: OpenCV's fixed-point numbers end there."""
SHIFT = 4
"""Fractional bits of the pixel coordinates given to OpenCV."""


def draw_quick_overlay(image_rgb: ByteImage, frame: HandFrame) -> ByteImage:
    """A copy of the picture (H, W, 3) with the meshes, skeletons and labels of all hands."""
    picture = image_rgb.copy()
    for hand in sorted(frame.hands, key=_distance, reverse=True):
        _draw_mesh(picture, hand, frame.camera)
    seen = [hand for hand in frame.hands if not np.isinf(hand.joints_2d).any()]
    for hand in seen:
        draw_skeleton(picture, hand.joints_2d, hand.joints)
    draw_labels(picture, seen)
    return picture


def _distance(hand: Hand) -> float:
    return float(hand.wrist.position[2])


class _Facets(NamedTuple):
    """Faces to draw, farthest first: corners (T, 3, 2) in pixels, and light (T,) from 0 to 1."""

    corners: Floats
    light: Floats


def _draw_mesh(picture: ByteImage, hand: Hand, camera: CameraModel) -> None:
    facets = _facets(hand, camera)
    if not len(facets.light):
        return
    limits = np.array(picture.shape[1::-1])
    left, top = np.floor(facets.corners.min(axis=(0, 1))).clip(0, limits).astype(int).tolist()
    right, bottom = np.ceil(facets.corners.max(axis=(0, 1)) + 1).clip(0, limits).astype(int).tolist()
    part = picture[top:bottom, left:right]
    if not part.size:
        return
    layer = part.copy()
    corners = np.rint((facets.corners - (left, top)) * (1 << SHIFT)).astype(np.int32)
    colours = (255 * facets.light[:, None] * SIDE_COLOURS[hand.side]).tolist()
    for triangle, colour in zip(corners, colours, strict=True):
        cv2.fillConvexPoly(layer, triangle, colour, cv2.LINE_8, SHIFT)
    cv2.addWeighted(layer, OPACITY, part, 1 - OPACITY, 0, dst=part)


def _facets(hand: Hand, camera: CameraModel) -> _Facets:
    """The faces that look at the camera, lit from there."""
    with np.errstate(divide="ignore", invalid="ignore"):  # vertices behind the camera, whose faces are left out
        pixels = project(camera, hand.vertices)
    depth = hand.vertices[:, 2]
    drawable = (depth > NEAREST_M) & (depth < FARTHEST_M) & (np.abs(pixels) < FARTHEST_PX).all(axis=1)
    faces = hand.faces[drawable[hand.faces].all(axis=1)]
    normals, centres = face_normals(hand.vertices, faces), hand.vertices[faces].mean(axis=1)
    towards = -(normals * centres).sum(axis=1)
    front = np.flatnonzero(towards > 0)
    front = front[np.argsort(-centres[front, 2])]
    lengths = np.linalg.norm(normals[front], axis=1) * np.linalg.norm(centres[front], axis=1)
    return _Facets(pixels[faces[front]], AMBIENT + (1 - AMBIENT) * towards[front] / lengths)
