"""HO-3D version 2, raw: OpenGL's camera axes, MANO's joint order, pickled meta files."""

import pickle

import cv2
import numpy as np

from hand_recon_ros.hand_model import axis_angle_to_matrix, matrix_to_axis_angle
from layouts.truth import pivot, write_picture

FLIP = np.diag([1.0, -1.0, -1.0])
MANO_ORDER = [0, 5, 6, 7, 9, 10, 11, 17, 18, 19, 13, 14, 15, 1, 2, 3, 4, 8, 12, 16, 20]


def write_ho3d(root, scenes, split="train", sequence="ABF10", unannotated=()):
    for k, scene in enumerate(scenes):
        folder = root / split / sequence
        write_picture(folder / "rgb" / f"{k:04d}.png", scene.image)
        labels = np.zeros_like(scene.image)
        labels[..., 0] = 255 * scene.hands[0].mask
        labels[:9, :9, 2] = 255  # an object
        small = cv2.resize(labels, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_NEAREST)
        write_picture(root / "HO3D_v2_segmentations_rendered" / split / sequence / "seg" / f"{k:04d}.jpg", small)
        meta = _train_meta(scene) if split == "train" else _evaluation_meta(scene)
        if k in unannotated:
            meta |= dict.fromkeys(("handJoints3D", "handPose", "handTrans", "handBeta", "objRot", "objTrans"))
        (folder / "meta").mkdir(exist_ok=True)
        (folder / "meta" / f"{k:04d}.pkl").write_bytes(pickle.dumps(meta, 2))
    (root / f"{split}.txt").write_text("".join(f"{sequence}/{k:04d}\n" for k in range(len(scenes))))
    return root


def _train_meta(scene):
    hand = scene.hands[0]
    wrist = matrix_to_axis_angle(FLIP @ axis_angle_to_matrix(hand.pose[:3].astype(np.float64)))
    return {
        "camMat": scene.camera.matrix,
        "handJoints3D": (hand.joints @ FLIP)[MANO_ORDER],
        "handPose": np.concatenate([wrist, hand.pose[3:]])[:, None],
        "handBeta": hand.betas.astype(np.float64)[:, None],
        "handTrans": FLIP @ (pivot(hand) + hand.translation) - pivot(hand),
        "objName": "021_bleach_cleanser",
        "objLabel": 12,
        "objRot": np.zeros((3, 1)),
        "objTrans": np.zeros(3),
        "objCorners3D": np.zeros((8, 3)),
        "camIDList": np.array(["0", "1"]),
    }


def _evaluation_meta(scene):
    pixels = scene.pixels(scene.hands[0])
    return {
        "camMat": scene.camera.matrix,
        "handJoints3D": FLIP @ scene.hands[0].joints[0],
        "handBoundingBox": np.concatenate([pixels.min(axis=0), pixels.max(axis=0)]).tolist(),
        "objName": "021_bleach_cleanser",
        "objRot": np.zeros((3, 1)),
    }
