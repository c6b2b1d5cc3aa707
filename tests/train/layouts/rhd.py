"""RHD_published_v2: left hand, then right hand, each finger from tip to palm."""

import pickle

import numpy as np

from hand_recon_ros.types import Side
from layouts.truth import write_picture

FINGERS = ("thumb", "index", "middle", "ring", "pinky")
OURS = ["wrist", *(f"{finger}{joint}" for finger in FINGERS for joint in (1, 2, 3, 4))]
STORED = ["wrist", *(f"{finger}{joint}" for finger in FINGERS for joint in (4, 3, 2, 1))]
ROWS = [OURS.index(name) for name in STORED]
CLASSES = {Side.LEFT: (2, 17), Side.RIGHT: (18, 33)}


def write_rhd(root, scenes, split="training", hidden=()):
    """Hidden: joints (stored rows of 42) that are out of sight. A hand that is not in a scene is out of sight too."""
    content = {}
    for k, scene in enumerate(scenes):
        write_picture(root / split / "color" / f"{k:05d}.png", scene.image)
        labels = np.zeros(scene.image.shape[:2], np.uint8)
        labels[:20, :20] = 1  # somebody's shirt
        pixels, points = np.zeros((42, 3)), np.ones((42, 3))
        for hand in scene.hands:
            first = 0 if hand.side == Side.LEFT else 21
            points[first : first + 21] = hand.joints[ROWS]
            pixels[first : first + 21, :2] = scene.pixels(hand)[ROWS]
            pixels[first : first + 21, 2] = 1
            fingers, palm = CLASSES[hand.side]
            labels[hand.mask] = np.where(np.arange(hand.mask.sum()) % 2, fingers, palm)
        pixels[list(hidden), 2] = 0
        content[k] = {"uv_vis": pixels, "xyz": points, "K": scene.camera.matrix}
        write_picture(root / split / "mask" / f"{k:05d}.png", labels)
    (root / split / f"anno_{split}.pickle").write_bytes(pickle.dumps(content, 2))
    return root
