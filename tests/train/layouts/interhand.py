"""InterHand2.6M version 1.0, 5 fps: images, and four annotation files a split, in the world of a camera dome."""

import json
from typing import NamedTuple

import numpy as np

from hand_recon_ros.hand_model import axis_angle_to_matrix, matrix_to_axis_angle
from hand_recon_ros.types import Side
from layouts.truth import less_mean, pivot, write_picture

FINGERS = ("thumb", "index", "middle", "ring", "pinky")
OURS = ["wrist", *(f"{finger}{joint}" for finger in FINGERS for joint in (1, 2, 3, 4))]
STORED = [*(f"{finger}{joint}" for finger in FINGERS for joint in (4, 3, 2, 1)), "wrist"]
ROWS = [OURS.index(name) for name in STORED]
SEQUENCE = "ROM04_RT_Occlusion"
KINDS = {(Side.RIGHT,): "right", (Side.LEFT,): "left"}


def write_interhand(root, scenes, split="train", invalid=()):
    """Scenes as frames of two captures, each through a camera of its own; invalid: stored joints that do not count."""
    images, annotations, cameras, joints, fits = [], [], {}, {}, {}
    for k, scene in enumerate(scenes):
        view = _view(k)
        capture, frame = str(view.capture), str(view.frame)
        images.append(_image(k, view, scene))
        write_picture(root / "images" / split / images[-1]["file_name"], scene.image)
        by_side = {hand.side: hand for hand in scene.hands}
        points = _points(by_side, view, invalid)
        annotations.append(_annotation(k, scene, points))
        _add_camera(cameras.setdefault(capture, {}), view, scene.camera)
        joints.setdefault(capture, {})[frame] = points | {"hand_type_valid": True}
        fits.setdefault(capture, {})[frame] = {
            side.name.lower(): _fit(by_side[side], view.rotation, view.place) if side in by_side else None
            for side in (Side.RIGHT, Side.LEFT)
        }
    _write_files(
        root / "annotations" / split,
        f"InterHand2.6M_{split}_",
        {
            "data": {"images": images, "annotations": annotations},
            "camera": cameras,
            "joint_3d": joints,
            "MANO_NeuralAnnot": fits,
        },
    )
    return root


class View(NamedTuple):
    """What a frame is seen by: camera = rotation (world - place), metres."""

    capture: int
    camera: str
    frame: int
    rotation: np.ndarray
    place: np.ndarray


def _view(k):
    rng = np.random.default_rng(k)
    return View(k % 2, str(400002 + k), 100 + 6 * k, axis_angle_to_matrix(rng.normal(size=3)), rng.normal(0, 1, 3))


def _image(k, view, scene):
    height, width = scene.image.shape[:2]
    return {
        "id": 7 * k,
        "file_name": f"Capture{view.capture}/{SEQUENCE}/cam{view.camera}/image{view.frame}.jpg",
        "width": width,
        "height": height,
        "capture": view.capture,
        "subject": 3,
        "seq_name": SEQUENCE,
        "camera": view.camera,
        "frame_idx": view.frame,
    }


def _points(by_side, view, invalid):
    """Joints of both hands in the world, millimetres, the right one's first."""
    world, valid = np.ones((42, 3)), np.zeros((42, 1), int)
    for first, side in ((0, Side.RIGHT), (21, Side.LEFT)):
        if side in by_side:
            world[first : first + 21] = 1000 * (by_side[side].joints[ROWS] @ view.rotation + view.place)
            valid[first : first + 21] = 1
    valid[list(invalid)] = 0
    kind = KINDS.get(tuple(by_side), "interacting")
    return {"world_coord": world.tolist(), "joint_valid": valid.tolist(), "hand_type": kind}


def _annotation(k, scene, points):
    height, width = scene.image.shape[:2]
    kind = {name: points[name] for name in ("joint_valid", "hand_type")}
    return {"id": k, "image_id": 7 * k, "bbox": [0, 0, width, height], **kind, "hand_type_valid": 1}


def _add_camera(capture, view, camera):
    values = {
        "campos": (1000 * view.place).tolist(),
        "camrot": view.rotation.tolist(),
        "focal": [camera.fx, camera.fy],
        "princpt": [camera.cx, camera.cy],
    }
    for name, value in values.items():
        capture.setdefault(name, {})[view.camera] = value


def _write_files(folder, prefix, files):
    folder.mkdir(parents=True, exist_ok=True)
    for kind, content in files.items():
        (folder / f"{prefix}{kind}.json").write_text(json.dumps(content))


def _fit(hand, rotation, place):
    """Parameters in the world: camera = rotation (world - place)."""
    wrist = matrix_to_axis_angle(rotation.T @ axis_angle_to_matrix(hand.pose[:3].astype(np.float64)))
    translation = rotation.T @ (pivot(hand) + hand.translation) + place - pivot(hand)
    pose = np.concatenate([wrist, less_mean(hand)[3:]])
    return {"pose": pose.tolist(), "shape": hand.betas.tolist(), "trans": translation.tolist()}
