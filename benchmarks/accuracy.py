"""How exact the pipeline is: on rendered hands whose truth is known, on the bundled clip, and on any photographs.

    python -m benchmarks.accuracy [--count 300] [--photos FOLDER]

Rendered hands are random gestures from random sides (seed 11: neither the landmark regressor nor the weights of the fit
were chosen on them). Those that the landmark network does not recognise, even in a crop placed by the truth, are left
out and counted. Photographs need no truth: hands found, and how far mesh joints lie from what was seen, as a share of
the hand's box.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
from rich.progress import track

from hand_recon_ros import HandPipeline
from hand_recon_ros.bus.bag_reader import open_bag
from hand_recon_ros.bus.compressed_codec import COMPRESSED_IMAGE, compressed_to_rgb, decode_compressed_image
from hand_recon_ros.camera import project
from hand_recon_ros.hand_model import load_free_hand
from hand_recon_ros.paths import shared_file
from hand_recon_ros.pipeline.hand_state import join_states
from hand_recon_ros.pipeline.loading import fit_of
from hand_recon_ros.pipeline.recipes import find_recipe, load_articulation
from hand_recon_ros.pipeline.reconstruction import observe, reconstruct
from hand_recon_ros.runtime import load_engine
from hand_recon_ros.sources.images import image_files, read_image
from hand_recon_ros.types import ByteImage, HandFrame, Side
from tools.landmark_regressor import CAMERA, samples
from tools.make_clip import CAMERA as CLIP_CAMERA
from tools.make_clip import RATE_HZ

Array = npt.NDArray[np.floating]
SEED = 11


def aligned_error(found: Array, truth: Array) -> Array:
    """Mean joint error (N,) in mm after the best similarity transform of found (N, K, 3) onto truth (Procrustes)."""
    a, b = (points - points.mean(axis=1, keepdims=True) for points in (found, truth))
    u, sizes, vt = np.linalg.svd(np.swapaxes(b, 1, 2) @ a)
    mirror = np.ones((len(a), 3))
    mirror[:, 2] = np.sign(np.linalg.det(u @ vt))
    scale = (sizes * mirror).sum(axis=1) / (a**2).sum(axis=(1, 2))
    turned = scale[:, None, None] * a @ np.swapaxes((u * mirror[:, None]) @ vt, 1, 2)
    return 1e3 * np.linalg.norm(turned - b, axis=2).mean(axis=1)


def rendered(count: int) -> None:
    """The network's own points and the fitted joints against the truth."""
    recipe, hand = find_recipe("default"), load_free_hand()
    points = load_articulation(hand, recipe)
    found = samples(load_engine(recipe.landmarker, "cpu", threads=1), count, seed=SEED)
    truth = np.stack([posed.joints for posed, _ in found])
    sides = [Side.RIGHT]
    seen = [(posed, observe(landmarks, sides, CAMERA)) for posed, landmarks in found]
    fit, alone = fit_of(recipe, points), np.zeros(1, np.intp)
    states = join_states([fit(observed, [None], alone)[0] for _, observed in seen])
    pixels = np.concatenate([landmarks.pixels for _, landmarks in found])
    fitted = reconstruct(hand, points, states, sides * len(found), pixels).joints
    network = np.concatenate([landmarks.relative for _, landmarks in found])
    relative = np.linalg.norm((fitted - fitted[:, :1]) - (truth - truth[:, :1]), axis=2).mean(axis=1)
    print(f"rendered hands: {len(found)} of {count} recognised in a crop placed by the truth")
    print(f"  network's 3D points, Procrustes-aligned: mean {aligned_error(network, truth).mean():.1f} mm")
    print(f"  fitted joints, Procrustes-aligned: mean {aligned_error(fitted, truth).mean():.1f} mm")
    print(f"  fitted joints, from the wrist: mean {1e3 * relative.mean():.1f} mm")


def clip() -> None:
    """Both hands of the bundled clip, tracked, in the camera frame."""
    truth = np.load(shared_file("examples", "two_hands_truth.npz"))["joints"]
    pipeline = HandPipeline.create(device="cpu", tracking=True, max_hands=2)
    errors, tracks = [], set()
    for number, picture in enumerate(_clip_pictures()):
        frame = pipeline(picture, camera=CLIP_CAMERA, stamp_ns=round(number * 1e9 / RATE_HZ))
        for hand in frame.hands:
            tracks.add(hand.track_id)
            errors.append(np.linalg.norm(hand.joints - truth[number, int(hand.side == Side.LEFT)], axis=1).mean())
    print(f"clip: {len(errors)} of {2 * len(truth)} hands found, {len(tracks)} tracks")
    print(f"  joints in the camera frame: median {1e3 * np.median(errors):.1f} mm")


def _clip_pictures() -> Iterator[ByteImage]:
    with open_bag(shared_file("examples", "two_hands.mcap")) as bag:
        for message in bag.messages():
            if message.topic.ros_type == COMPRESSED_IMAGE:
                yield compressed_to_rgb(decode_compressed_image(message.cdr))


def photographs(folder: Path) -> None:
    """Hands found a picture, grouped by the first word of the file names, and the reprojection error."""
    pipeline = HandPipeline.create(device="cpu", max_hands=8)
    frames = {path: pipeline(read_image(path)) for path in track(image_files([folder]), "Photographs")}
    groups: dict[str, list[int]] = {}
    for path, frame in frames.items():
        groups.setdefault(path.stem.split("_")[0], []).append(len(frame.hands))
    for name, counts in groups.items():
        print(f"photographs {name}: hands a picture {counts}, mean {np.mean(counts):.2f}")
    shares = [share for frame in frames.values() for share in _reprojection(frame)]
    print(f"  {len(shares)} hands: mesh joints off what was seen by {100 * np.mean(shares):.1f} % of the box (mean)")


def _reprojection(frame: HandFrame) -> list[float]:
    return [
        float(np.linalg.norm(project(frame.camera, hand.joints) - hand.joints_2d, axis=1).mean())
        / max(hand.roi.width, hand.roi.height)
        for hand in frame.hands
    ]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--photos", type=Path)
    arguments = parser.parse_args()
    rendered(arguments.count)
    clip()
    if arguments.photos:
        photographs(arguments.photos)


if __name__ == "__main__":
    main()
