"""Samples drawn with their truth, so that a person sees whether a data set is read right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np

from hand_recon_ros.camera import project, scaled_camera
from hand_recon_ros.render.layers import Mesh, draw_meshes
from hand_recon_ros.render.overlay import draw_skeleton
from hand_recon_ros.render.palette import SIDE_COLOURS, to_bytes
from hand_recon_ros.render.views import contact_sheet
from hand_recon_ros.types import ByteImage, CameraModel
from hand_recon_train.datasets.mano import HandModels
from hand_recon_train.datasets.sample import HandTruth, Mask, Sample

CELL = 320
LINE, TEXT_SCALE, MARGIN = 18, 0.42, 5
FONT = cv2.FONT_HERSHEY_SIMPLEX
DARK, LIGHT, MASK_TINT = (25, 25, 25), (235, 235, 235), (255, 255, 255)
OUTLINE_WIDTH = 2


def draw_sheet(samples: Sequence[Sample], models: HandModels | None = None, columns: int = 4) -> ByteImage:
    """A contact sheet: skeleton, outline of the mesh (dots where its faces are not known), mask, side, file.

    Args:
        samples: one or more.
        models: what the meshes' faces are taken from.
        columns: pictures in a row.
    """
    return contact_sheet([draw_sample(sample, models) for sample in samples], columns)


def draw_sample(sample: Sample, models: HandModels | None = None) -> ByteImage:
    """One picture of a sheet, 320 wide, with a caption below."""
    height, width = sample.image.shape[:2]
    scale = CELL / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    sharp = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    picture = np.ascontiguousarray(cv2.resize(sample.image, size, interpolation=sharp), np.uint8)
    for hand in sample.hands:
        if hand.mask is not None:
            _tint(picture, hand.mask)
    for hand in sample.hands:
        _draw_surface(picture, hand, hand.camera or sample.camera, models)
        grown = (hand.joints_2d + 0.5) * (size[0] / width, size[1] / height) - 0.5
        if hand.joints_2d_known.any():
            draw_skeleton(picture, np.asarray(grown, np.float32))
        if hand.box is not None:
            _draw_box(picture, hand, size[0] / width)
    return _captioned(picture, _caption(sample))


def _caption(sample: Sample) -> list[tuple[str, tuple[int, int, int]]]:
    """Lines of text with their colours: each hand's side, distance and what is known of it; the file."""
    lines = []
    for hand in sample.hands:
        depth = f"  {hand.joints[0, 2]:.2f} m" if hand.placed and np.isfinite(hand.joints[0, 2]) else ""
        kinds = {"joints": hand.joints_known.any(), "mesh": hand.vertices is not None, "mano": hand.mano is not None}
        known = " ".join(name for name, there in kinds.items() if there)
        lines.append((f"{hand.side.name.lower()}{depth}  {known}", to_bytes(SIDE_COLOURS[hand.side])))
    return [*(lines or [("no hand", LIGHT)]), (_shortened(sample.source), LIGHT)]


def _shortened(text: str) -> str:
    """The end of a file's name, as much as fits."""
    most = int((CELL - 2 * MARGIN) / (cv2.getTextSize("m" * 40, FONT, TEXT_SCALE, 1)[0][0] / 40) * 1.35)
    return text if len(text) <= most else "..." + text[3 - most :]


def _captioned(picture: ByteImage, lines: Sequence[tuple[str, tuple[int, int, int]]]) -> ByteImage:
    height = picture.shape[0]
    cell = np.full((height + LINE * len(lines) + MARGIN, max(CELL, picture.shape[1]), 3), DARK, np.uint8)
    left = (cell.shape[1] - picture.shape[1]) // 2
    cell[:height, left : left + picture.shape[1]] = picture
    for number, (text, colour) in enumerate(lines):
        place = (MARGIN, height + LINE * (number + 1) - MARGIN)
        cv2.putText(cell, text, place, FONT, TEXT_SCALE, colour, 1, cv2.LINE_AA)
    return cell


def _tint(picture: ByteImage, mask: Mask) -> None:
    grown = cv2.resize(mask.astype(np.uint8), picture.shape[1::-1], interpolation=cv2.INTER_NEAREST)
    picture[grown > 0] = 0.8 * picture[grown > 0] + 0.2 * np.array(MASK_TINT)


def _draw_surface(picture: ByteImage, hand: HandTruth, camera: CameraModel | None, models: HandModels | None) -> None:
    if hand.vertices is None or camera is None or not hand.placed:
        return
    colour = to_bytes(SIDE_COLOURS[hand.side])
    shown = _camera_for(camera, picture)
    if models is None or hand.side not in models:
        for u, v in np.rint(project(shown, hand.vertices)).astype(int).tolist():
            cv2.circle(picture, (u, v), 1, colour, -1)
        return
    layer = draw_meshes([Mesh(hand.vertices, models[hand.side].faces, (1, 1, 1))], shown, detail=1)
    covered = (layer.coverage > 0.5).astype(np.uint8)
    outlines, _ = cv2.findContours(covered, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE, offset=(layer.left, layer.top))
    cv2.drawContours(picture, outlines, -1, colour, OUTLINE_WIDTH, cv2.LINE_AA)


def _camera_for(camera: CameraModel, picture: ByteImage) -> CameraModel:
    """The camera of the picture as it is drawn; small pictures may round to another aspect."""
    height, width = picture.shape[:2]
    x, y = width / camera.width, height / camera.height
    if abs(x / y - 1) <= 0.02:
        return scaled_camera(camera, width, height)
    centre = (camera.cx + 0.5) * x - 0.5, (camera.cy + 0.5) * y - 0.5
    return replace(camera, fx=camera.fx * x, fy=camera.fy * y, cx=centre[0], cy=centre[1], width=width, height=height)


def _draw_box(picture: ByteImage, hand: HandTruth, scale: float) -> None:
    assert hand.box is not None
    left, top, width, height = (hand.box * scale).astype(int).tolist()
    cv2.rectangle(picture, (left, top), (left + width, top + height), to_bytes(SIDE_COLOURS[hand.side]), 1)
