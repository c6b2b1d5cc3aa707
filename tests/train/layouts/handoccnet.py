"""HO-3D version 2 and DexYCB with HandOccNet's annotation files."""

import json

from layouts.truth import less_mean, write_picture


def write_ho3d_annotations(root, scenes, split="train"):
    images, annotations = [], []
    for k, scene in enumerate(scenes):
        name = f"ABF10/rgb/{k:04d}.png"
        write_picture(root / split / name, scene.image)
        images.append(_image(100 + k, name, scene))
        annotations.append({"id": k, "image_id": 100 + k, "cam_param": _camera(scene)})
        hand = scene.hands[0]
        if split == "train":
            annotations[-1] |= _hand(hand)
        else:
            pixels = scene.pixels(hand)
            box = [*pixels.min(axis=0).tolist(), *(pixels.max(axis=0) - pixels.min(axis=0)).tolist()]
            annotations[-1] |= {"root_joint_cam": hand.joints[0].tolist(), "bbox": box}
    return _save(root, f"HO3D_{split}_data.json", images, annotations)


def write_dexycb_annotations(root, scenes, split="s0_train"):
    images, annotations = [], []
    for k, scene in enumerate(scenes):
        name = f"20200709-subject-01/20200709_141754/836212060125/color_{k:06d}.jpg"
        write_picture(root / name, scene.image)
        images.append(_image(k, name, scene))
        hand = scene.hands[0]
        entry = {"id": k, "image_id": k, "cam_param": _camera(scene), "hand_type": hand.side.name.lower()}
        annotations.append(entry | _hand(hand) | {"joints_img": scene.pixels(hand).tolist()})
    return _save(root, f"DEX_YCB_{split}_data.json", images, annotations)


def _image(number, name, scene):
    return {"id": number, "file_name": name, "height": scene.camera.height, "width": scene.camera.width}


def _camera(scene):
    camera = scene.camera
    return {"focal": [camera.fx, camera.fy], "princpt": [camera.cx, camera.cy]}


def _hand(hand):
    stored = {"pose": less_mean(hand).tolist(), "shape": hand.betas.tolist()}
    return {"joints_coord_cam": hand.joints.tolist(), "mano_param": stored}


def _save(root, name, images, annotations):
    (root / "annotations").mkdir(exist_ok=True)
    content = {"images": images[::-1], "annotations": annotations}  # ids count, not places
    (root / "annotations" / name).write_text(json.dumps(content))
    return root
