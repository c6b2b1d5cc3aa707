"""SMHR's single-hand data: a pickled list beside a folder of pictures."""

import pickle

import numpy as np

from hand_recon_ros.types import Side
from layouts.truth import less_mean, theta, write_picture


def write_smhr(root, scenes, split="FreiHAND_train"):
    name = split.partition("_")[0]
    entries = []
    for k, scene in enumerate(scenes):
        hand = scene.hands[0]
        picture, mask = f"training/rgb/{k:08d}.jpg", f"training/mask/{k:08d}.jpg"
        write_picture(root / name / picture, scene.image)
        labels = np.zeros_like(scene.image)
        labels[..., 0] = 255 * hand.mask
        write_picture(root / name / mask, labels)
        pixels = scene.pixels(hand)
        entries.append(
            {
                "filepath": picture,
                "maskpath": mask,
                "bboxes": np.concatenate([pixels.min(axis=0), pixels.max(axis=0)])[None],
                "lms21": pixels.reshape(1, 42) if k % 2 else pixels,
                "mano_coeff": theta(hand, scene.camera, hand.pose if name == "HO3D" else less_mean(hand))[None],
                "K": scene.camera.matrix,
                "handness": [int(hand.side == Side.RIGHT)],
            }
        )
    (root / f"{split}.pkl").write_bytes(pickle.dumps(entries, 4))
    return root
