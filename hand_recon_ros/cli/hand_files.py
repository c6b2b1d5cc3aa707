"""The files that `hand-recon image` writes of a picture: its own, and those of HandOccNet's demonstrations."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np

from hand_recon_ros.atomic import written_whole
from hand_recon_ros.hand_model import HandModel
from hand_recon_ros.networks import find_intake
from hand_recon_ros.networks.hand_boxes import crop_to_image, cropped, square_box
from hand_recon_ros.pipeline.translation import FittedHand, fit_hand
from hand_recon_ros.render.export import TO_GLTF, hand_names, save_glb, save_obj
from hand_recon_ros.render.film import Film
from hand_recon_ros.render.overlay import Style, draw_overlay
from hand_recon_ros.render.picture import save_png
from hand_recon_ros.render.skeleton import draw_skeleton
from hand_recon_ros.render.turntable import FPS, turntable
from hand_recon_ros.types import ByteImage, CameraModel, FloatArray, HandFrame, IndexArray, Side

BOX_COLOUR = (230, 60, 60)


def save_frame(stem: Path, rgb: ByteImage, frame: HandFrame, style: Style) -> None:
    """Write STEM_overlay.png, and STEM.glb when there are hands."""
    save_png(_beside(stem, "_overlay.png"), draw_overlay(rgb, frame, style))
    if frame.hands:
        save_glb(_beside(stem, ".glb"), frame)


def save_turntable(stem: Path, frame: HandFrame) -> None:
    """Write STEM_turntable.mp4 when there are hands."""
    if not frame.hands:
        return
    with Film(_beside(stem, "_turntable.mp4"), FPS) as film:
        for picture in turntable(frame.hands):
            film.write(picture)


def save_box(stem: Path, rgb: ByteImage, frame: HandFrame, box: tuple[float, float, float, float], model: str) -> None:
    """Write STEM_hand_bbox.png, the box; STEM_hand_image.png, what the network is shown of it; and STEM.obj."""
    intake = find_intake(model)
    height, width = rgb.shape[:2]
    square = square_box(np.array(box), width, height, intake.crop_scale)
    crop = cropped(rgb, crop_to_image(square, intake.size), intake.size).picture
    left = any(hand.side == Side.LEFT for hand in frame.hands)
    save_png(_beside(stem, "_hand_image.png"), np.ascontiguousarray(crop[:, ::-1]) if left else crop)
    x, y, w, h = np.rint(box).astype(int).tolist()
    boxed = cv2.rectangle(
        rgb.copy(), (x, y), (x + w - 1, y + h - 1), BOX_COLOUR, max(1, round(max(width, height) / 400))
    )
    save_png(_beside(stem, "_hand_bbox.png"), np.asarray(boxed, np.uint8))
    save_obj(_beside(stem, ".obj"), frame)


def save_fits(
    stem: Path,
    rgb: ByteImage,
    frame: HandFrame,
    models: Mapping[Side, HandModel],
    camera: CameraModel | None,
    depth: float | None,
) -> None:
    """Fit the translation of every hand of a frame and write the files of save_fit, named by hand if there are several.

    Raises:
        ValueError: the hands' network gives no parameters.
        OSError: a file cannot be written.
    """
    size = (rgb.shape[1], rgb.shape[0])
    fits = [fit_hand(hand, models[hand.side], size, camera, depth) for hand in frame.hands]
    for name, hand, fitted in zip(hand_names(frame.hands), frame.hands, fits, strict=True):
        save_fit(stem if len(fits) == 1 else _beside(stem, f"_{name}"), rgb, hand.joints_2d, fitted)


def save_fit(stem: Path, rgb: ByteImage, joints_2d: FloatArray, fitted: FittedHand) -> None:
    """Write STEM_3dmesh.json, STEM_3dmesh.obj, STEM_2d_prediction.png and STEM_projection.png.

    Args:
        stem: folder and beginning of the file names.
        rgb: (H, W, 3) the picture.
        joints_2d: (21, 2) where the network saw the joints, in pixels.
        fitted: the hand; as published, its OBJ is without the translation, which the JSON has.

    Raises:
        OSError: a file cannot be written.
    """
    with written_whole(_beside(stem, "_3dmesh.json")) as partial:
        partial.write_text(json.dumps(_record(fitted), indent=1) + "\n", encoding="ascii")
    save_mesh(_beside(stem, "_3dmesh.obj"), fitted.origin_vertices, fitted.hand.faces)
    seen = rgb.copy()
    draw_skeleton(seen, joints_2d)
    save_png(_beside(stem, "_2d_prediction.png"), seen)
    save_png(_beside(stem, "_projection.png"), draw_overlay(rgb, HandFrame((fitted.hand,), fitted.camera)))


def save_mesh(path: Path, vertices: FloatArray, faces: IndexArray) -> None:
    """Write vertices (V, 3), y up and z towards the viewer, and faces (F, 3) as an OBJ without normals."""
    lines = [f"v {x:.6f} {y:.6f} {z:.6f}" for x, y, z in (vertices * TO_GLTF).tolist()]
    lines += [f"f {a}/{a} {b}/{b} {c}/{c}" for a, b, c in (faces + 1).tolist()]
    with written_whole(path) as partial:
        partial.write_text("\n".join(lines) + "\n", encoding="ascii")


def _record(fitted: FittedHand) -> dict[str, object]:
    camera = fitted.camera
    return {
        "hand_scale": [1.0],
        "hand_translation": np.round(fitted.translation, 6).tolist(),
        "mano_pose": np.round(np.float64(fitted.pose), 6).tolist(),
        "mano_shape": np.round(np.float64(fitted.betas), 6).tolist(),
        "side": fitted.hand.side.name.lower(),
        "camera": [camera.fx, camera.fy, camera.cx, camera.cy],
        "error_px": round(fitted.error_px, 3),
    }


def _beside(stem: Path, ending: str) -> Path:
    return stem.with_name(stem.name + ending)
