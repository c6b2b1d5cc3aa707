"""FreiHAND_pub_v2, raw."""

import json

from layouts.truth import less_mean, theta, write_picture


def write_freihand(root, scenes, split="training", versions=2, truth=True):
    for version in range(versions):
        for k, scene in enumerate(scenes):
            write_picture(root / split / "rgb" / f"{version * len(scenes) + k:08d}.jpg", scene.image)
    entries = {"K": [scene.camera.matrix for scene in scenes], "scale": [0.03] * len(scenes)}
    if truth:
        hands = [scene.hands[0] for scene in scenes]
        entries["xyz"] = [hand.joints for hand in hands]
        entries["verts"] = [hand.vertices for hand in hands]
        entries["mano"] = [
            theta(hand, scene.camera, less_mean(hand))[None] for hand, scene in zip(hands, scenes, strict=True)
        ]
        for k, hand in enumerate(hands):
            write_picture(root / split / "mask" / f"{k:08d}.jpg", (255 * hand.mask).astype("uint8"))
    for name, values in entries.items():
        plain = [value if isinstance(value, float) else value.tolist() for value in values]
        (root / f"{split}_{name}.json").write_text(json.dumps(plain))
    return root
