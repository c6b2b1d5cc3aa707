"""DexYCB, raw: subjects, sequences, cameras; poses as coefficients."""

import numpy as np
import yaml

from layouts.truth import coefficients, write_picture

SERIALS = ("836212060125", "839512060362")
SUBJECT = "20200709-subject-01"


def write_dexycb(root, sequences, subject=SUBJECT, serials=SERIALS, empty=()):
    """Sequences of scenes of 640x480: scenes[k] is frame k // cameras through camera k % cameras."""
    for number, scenes in enumerate(sequences):
        folder = root / subject / f"20200709_14{number:04d}"
        hand = scenes[0].hands[0]
        frames = len(scenes) // len(serials)
        calibration = f"{subject}_{hand.side.name.lower()}"
        write_yaml(root / "calibration" / f"mano_{calibration}-{number}" / "mano.yml", {"betas": hand.betas.tolist()})
        write_meta(folder / "meta.yml", serials, frames, f"{calibration}-{number}", hand.side.name.lower())
        for k, scene in enumerate(scenes):
            frame, camera = divmod(k, len(serials))
            write_picture(folder / serials[camera] / f"color_{frame:06d}.jpg", scene.image)
            _write_labels(folder / serials[camera] / f"labels_{frame:06d}.npz", scene, (number, k) in empty)
    for serial in serials:
        camera = sequences[0][0].camera
        intrinsics = {"fx": camera.fx, "fy": camera.fy, "ppx": camera.cx, "ppy": camera.cy}
        path = root / "calibration" / "intrinsics" / f"{serial}_640x480.yml"
        write_yaml(path, {"color": intrinsics, "depth": intrinsics})
    return root


def write_meta(path, serials, frames, calibration, side):
    meta = {
        "serials": list(serials),
        "num_frames": frames,
        "extrinsics": "20200702_151821",
        "mano_calib": [calibration],
        "mano_sides": [side],
        "ycb_ids": [2, 5],
        "ycb_grasp_ind": 0,
    }
    write_yaml(path, meta)


def write_yaml(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(content))


def _write_labels(path, scene, empty):
    hand = scene.hands[0]
    pose = np.concatenate([coefficients(hand), hand.translation])[None]
    np.savez_compressed(
        path,
        seg=(255 * hand.mask).astype(np.uint8),
        pose_y=np.zeros((2, 3, 4), np.float32),
        pose_m=np.zeros((1, 51), np.float32) if empty else pose.astype(np.float32),
        joint_3d=-np.ones((1, 21, 3), np.float32) if empty else hand.joints[None],
        joint_2d=-np.ones((1, 21, 2), np.float32) if empty else scene.pixels(hand)[None],
    )
