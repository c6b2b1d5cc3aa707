"""InterHand2.6M version 1.0, 5 fps: images, and four annotation files a split, in the world of a camera dome."""

import json

import numpy as np

from hand_recon_ros.hand_model import axis_angle_to_matrix, matrix_to_axis_angle
from hand_recon_ros.types import Side
from layouts.truth import less_mean, pivot, write_picture

FINGERS = ("thumb", "index", "middle", "ring", "pinky")
OURS = ["wrist", *(f"{finger}{joint}" for finger in FINGERS for joint in (1, 2, 3, 4))]
STORED = [*(f"{finger}{joint}" for finger in FINGERS for joint in (4, 3, 2, 1)), "wrist"]
ROWS = [OURS.index(name) for name in STORED]
KINDS = {(Side.RIGHT,): "right", (Side.LEFT,): "left"}


def write_interhand(root, scenes, split="train", invalid=()):
    """Scenes as frames of two captures, each through a camera of its own; invalid: stored joints that do not count."""
    images, annotations = [], []
    cameras, joints, fits = {}, {}, {}
    for k, scene in enumerate(scenes):
        capture, camera, frame = k % 2, str(400002 + k), 100 + 6 * k
        rng = np.random.default_rng(k)
        rotation = axis_angle_to_matrix(rng.normal(size=3))
        place = rng.normal(0, 1, 3)  # of the camera, metres
        name = f"Capture{capture}/ROM04_RT_Occlusion/cam{camera}/image{frame}.jpg"
        write_picture(root / "images" / split / name, scene.image)
        height, width = scene.image.shape[:2]
        images.append(
            {
                "id": 7 * k,
                "file_name": name,
                "width": width,
                "height": height,
                "capture": capture,
                "subject": 3,
                "seq_name": "ROM04_RT_Occlusion",
                "camera": camera,
                "frame_idx": frame,
            }
        )
        by_side = {hand.side: hand for hand in scene.hands}
        world, valid = np.ones((42, 3)), np.zeros((42, 1), int)
        for first, side in ((0, Side.RIGHT), (21, Side.LEFT)):
            if side in by_side:
                world[first : first + 21] = 1000 * (by_side[side].joints[ROWS] @ rotation + place)
                valid[first : first + 21] = 1
        valid[list(invalid)] = 0
        kind = KINDS.get(tuple(by_side), "interacting")
        annotations.append(
            {
                "id": k,
                "image_id": 7 * k,
                "bbox": [0, 0, width, height],
                "joint_valid": valid.tolist(),
                "hand_type": kind,
                "hand_type_valid": 1,
            }
        )
        entry = cameras.setdefault(str(capture), {"campos": {}, "camrot": {}, "focal": {}, "princpt": {}})
        entry["campos"][camera] = (1000 * place).tolist()
        entry["camrot"][camera] = rotation.tolist()
        entry["focal"][camera] = [scene.camera.fx, scene.camera.fy]
        entry["princpt"][camera] = [scene.camera.cx, scene.camera.cy]
        joints.setdefault(str(capture), {})[str(frame)] = {
            "world_coord": world.tolist(),
            "joint_valid": valid.tolist(),
            "hand_type": kind,
            "hand_type_valid": True,
        }
        fits.setdefault(str(capture), {})[str(frame)] = {
            side.name.lower(): _fit(by_side[side], rotation, place) if side in by_side else None
            for side in (Side.RIGHT, Side.LEFT)
        }
    folder = root / "annotations" / split
    folder.mkdir(parents=True, exist_ok=True)
    files = {
        "data": {"images": images, "annotations": annotations},
        "camera": cameras,
        "joint_3d": joints,
        "MANO_NeuralAnnot": fits,
    }
    for kind, content in files.items():
        (folder / f"InterHand2.6M_{split}_{kind}.json").write_text(json.dumps(content))
    return root


def _fit(hand, rotation, place):
    """Parameters in the world: camera = rotation (world - place)."""
    wrist = matrix_to_axis_angle(rotation.T @ axis_angle_to_matrix(hand.pose[:3].astype(np.float64)))
    translation = rotation.T @ (pivot(hand) + hand.translation) + place - pivot(hand)
    pose = np.concatenate([wrist, less_mean(hand)[3:]])
    return {"pose": pose.tolist(), "shape": hand.betas.tolist(), "trans": translation.tolist()}
