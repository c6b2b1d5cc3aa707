"""Estimate where on the hand's mesh a landmark network puts its 21 points, from rendered hands of known shape.

    python -m tools.landmark_regressor [--count 1500] [--network NAME] [--out FILE]

For each point, non-negative weights over nearby vertices, summing to one, minimise the reprojection error over all
pictures that the network got right: with a ray n = (x/z, y/z) of the network's point, the residual x - n z of the
weighted vertices is linear in the weights. Needs the `bake` extra (SciPy). About five minutes on one core.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import numpy.typing as npt
from rich.progress import track
from scipy.optimize import nnls

from hand_recon_ros.camera import normalise, project
from hand_recon_ros.hand_model import load_free_hand
from hand_recon_ros.pipeline.landmarks import Landmarks, find_landmarks
from hand_recon_ros.pipeline.recipes import template_digest
from hand_recon_ros.pipeline.regions import regions_from_landmarks
from hand_recon_ros.runtime import Engine, load_engine
from hand_recon_ros.types import CameraModel, Side
from hand_recon_train.synthetic.scene import PosedHand, random_backdrop, random_hand, random_look, render_hands

Array = npt.NDArray[np.floating]

CAMERA = CameraModel(400, 400, 127.5, 127.5, 256, 256)
NEAR, RIDGE, SUM_WEIGHT = 90, 2e-3, 100.0
MISSED = 0.025
"""A point further than this from the joint it stands for, in metres at the hand, was not recognised."""


def samples(engine: Engine, count: int, seed: int) -> list[tuple[PosedHand, Landmarks]]:
    """Rendered right hands that the network recognises, with what it sees."""
    rng = np.random.default_rng(seed)
    found = []
    for _ in track(range(count), "Rendering hands"):
        hand = random_hand(rng, Side.RIGHT, distance=(0.4, 0.6))
        picture = render_hands([hand], [random_look(rng)], CAMERA, random_backdrop(rng, 256, 256))
        seen = look_twice(engine, picture, project(CAMERA, hand.joints)[None])
        if seen.presence[0] > 0.9 and seen.right[0] > 0.5:
            found.append((hand, seen))
    return found


def look_twice(engine: Engine, picture: npt.NDArray[np.uint8], joints_2d: Array) -> Landmarks:
    """As in the pipeline: a first crop places the second."""
    (first,) = find_landmarks(engine, [picture], [regions_from_landmarks(joints_2d)])
    (found,) = find_landmarks(engine, [picture], [regions_from_landmarks(first.pixels)])
    return found


def estimate_point(vertices: Array, rays: Array, anchor: Array) -> tuple[npt.NDArray[np.intp], Array]:
    """Vertices and weights of one point.

    Args:
        vertices: (N, V, 3) of N pictures.
        rays: (N, 2) where the network sees the point.
        anchor: (N, 3) the joint that it stands for.
    """
    off = np.linalg.norm(rays * anchor[:, 2:] - anchor[:, :2], axis=1)
    good = off < MISSED
    near = np.argsort(np.linalg.norm(vertices[good] - anchor[good, None], axis=2).mean(axis=0))[:NEAR]
    chosen = vertices[good][:, near]
    rows = chosen[..., :2] - rays[good][:, None] * chosen[..., 2:]
    system = np.moveaxis(rows, 1, 2).reshape(-1, NEAR) / np.sqrt(good.sum())
    full = np.concatenate([system, RIDGE * np.eye(NEAR), np.full((1, NEAR), SUM_WEIGHT)])
    weights, _ = nnls(full, np.append(np.zeros(len(full) - 1), SUM_WEIGHT))
    used = weights > 1e-4
    return near[used], weights[used] / weights[used].sum()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=1500)
    parser.add_argument("--network", default="hand_landmark_full")
    parser.add_argument("--out", type=Path, default=Path("models/landmark_regressor.npz"))
    arguments = parser.parse_args()
    found = samples(load_engine(arguments.network), arguments.count, seed=0)
    vertices = np.stack([hand.vertices for hand, _ in found])
    joints = np.stack([hand.joints for hand, _ in found])
    rays = np.stack([normalise(CAMERA, seen.pixels[0]) for _, seen in found])
    points = [estimate_point(vertices, rays[:, k], joints[:, k]) for k in range(21)]
    rows = np.concatenate([np.full(len(columns), k, np.int16) for k, (columns, _) in enumerate(points)])
    columns = np.concatenate([columns for columns, _ in points]).astype(np.int16)
    values = np.concatenate([weights for _, weights in points]).astype(np.float32)
    hand = template_digest(load_free_hand())
    np.savez_compressed(arguments.out, rows=rows, columns=columns, values=values, hand=hand)
    report(vertices, joints, rays, rows, columns, values)


def report(vertices: Array, joints: Array, rays: Array, rows: Array, columns: Array, values: Array) -> None:
    """Print how far the network's points are from the joints and from the regressed points."""
    regressor = np.zeros((21, vertices.shape[1]))
    regressor[rows, columns] = values
    for name, points in (("joints", joints), ("regressed points", regressor @ vertices)):
        off = 1e3 * np.linalg.norm(rays * points[..., 2:] - points[..., :2], axis=-1)
        print(f"{len(rays)} pictures, network against {name}: median {np.median(off):.1f} mm, by point:")
        print(np.median(off, axis=0).round(1).tolist())
    print("weights by point:", np.bincount(rows.astype(int)).tolist())


if __name__ == "__main__":
    main()
