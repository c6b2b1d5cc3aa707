"""FreiHAND as METRO's tables."""

import base64
import json

import cv2
import numpy as np

from layouts.truth import less_mean


def write_table(path, rows):
    """Rows of columns, and their byte offsets beside them."""
    offset, offsets = 0, []
    with path.open("wb") as file:
        for row in rows:
            line = ("\t".join(map(str, row)) + "\n").encode()
            file.write(line)
            offsets.append(offset)
            offset += len(line)
    path.with_suffix(".lineidx").write_text("".join(f"{start}\n" for start in offsets))


def write_freihand_tables(root, scenes, split="train", lines=None):
    root.mkdir(parents=True, exist_ok=True)
    keys = [f"{k:08d}.jpg" for k in range(len(scenes))]
    pictures = [cv2.imencode(".jpg", scene.image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 98])[1] for scene in scenes]
    pictures = [base64.b64encode(picture.tobytes()).decode() for picture in pictures]
    labels = [json.dumps([_label(scene, split == "train")]) for scene in scenes]
    sizes = [json.dumps([{"height": scene.image.shape[0], "width": scene.image.shape[1]}]) for scene in scenes]
    for name, values in (("img", pictures), ("label", labels), ("hw", sizes)):
        write_table(root / f"{split}.{name}.tsv", zip(keys, values, strict=True))
    write_table(root / f"{split}.linelist.tsv", [[line] for line in (lines or range(len(scenes)))])
    names = {name: f"{split}.{name}.tsv" for name in ("img", "label", "hw", "linelist")}
    (root / f"{split}.yaml").write_text("".join(f"{key}: {value}\n" for key, value in names.items()))
    return root


def _label(scene, annotated):
    hand = scene.hands[0]
    ones = np.ones((21, 1))
    joints_2d = np.concatenate([scene.pixels(hand), ones], axis=1) if annotated else np.zeros((21, 3))
    joints = np.concatenate([hand.joints - hand.joints[0], ones], axis=1) if annotated else np.zeros((21, 4))
    return {
        "center": [112, 112],
        "scale": 0.9,
        "2d_joints": joints_2d.tolist(),
        "has_2d_joints": int(annotated),
        "3d_joints": joints.tolist(),
        "has_3d_joints": int(annotated),
        "pose": (less_mean(hand) if annotated else np.ones(48)).tolist(),
        "betas": (hand.betas if annotated else np.ones(10)).tolist(),
        "has_smpl": 1,
    }
