"""Print the figures of models/free_hand.md:  python -m tools.free_hand.measure models/free_hand.npz."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import trimesh

from hand_recon_ros.hand_model import HandModel, JointAnatomy, rotations_from_angles, skin
from hand_recon_ros.types import Side
from tools.free_hand.rigging import pose_hands, random_rotations, regressor_error

FINGERS = ("index", "middle", "pinky", "ring", "thumb")
CURLED = ((73, 0, 0), (95, 0, 0), (60, 0, 0))
FIST = np.radians(np.array([*CURLED * 4, (4, 30, -5), (27, 0, 0), (58, 0, 0)]))
"""A fist's angles (15, 3)."""


def load(path: Path) -> tuple[HandModel, JointAnatomy]:
    data = np.load(path)
    names = HandModel.__dataclass_fields__.keys() - {"name", "side"}
    model = HandModel("free_hand", Side.RIGHT, **{name: data[name] for name in names})
    return model, JointAnatomy(data["joint_axes"], data["joint_lower"], data["joint_upper"])


def crossings(vertices: np.ndarray, faces: np.ndarray) -> int:
    """Pairs of triangles without a common vertex that cut each other."""
    corners = vertices[faces]
    low, high = corners.min(1), corners.max(1)
    a, b = np.nonzero(((low[:, None] <= high) & (high[:, None] >= low)).all(2))
    apart = (a < b) & ~(faces[a][:, :, None] == faces[b][:, None]).any((1, 2))
    first, second = corners[a[apart]], corners[b[apart]]
    return int((_pierces(first, second) | _pierces(second, first)).sum())


def _pierces(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Whether an edge of each first triangle (N, 3, 3) passes through the second."""
    hit = np.zeros(len(first), bool)
    p, q, r = second[:, 0], second[:, 1], second[:, 2]
    for k in range(3):
        start, end = first[:, k], first[:, (k + 1) % 3]
        parted = _volume(p, q, r, start) * _volume(p, q, r, end) < 0
        around = np.sign([_volume(start, end, *pair) for pair in ((p, q), (q, r), (r, p))])
        hit |= parted & (abs(around.sum(0)) == 3)
    return hit


def _volume(a: np.ndarray, b: np.ndarray, c: np.ndarray, d: np.ndarray) -> np.ndarray:
    return ((d - a) * np.cross(b - a, c - a)).sum(1)


def sizes(model: HandModel) -> Iterator[tuple[str, object]]:
    joints, tips = model.joints_template, model.template[model.tip_vertices][[1, 2, 4, 3, 0]]
    chains = np.concatenate([joints[1:].reshape(5, 3, 3), tips[:, None]], axis=1)
    for name, chain in zip(FINGERS, chains, strict=True):
        steps = np.diff(np.concatenate([joints[:1], chain]), axis=0)
        yield f"{name}: wrist to root, then bones, mm", (1e3 * np.linalg.norm(steps, axis=1)).round(1)
    yield "hand length, mm", (1e3 * np.linalg.norm(tips[1] - joints[0])).round(1)
    mesh = trimesh.Trimesh(model.template, model.faces, process=False)
    yield (
        "wrist girth 0, 8, 16 mm above the joint, mm",
        [(1e3 * girth(mesh, joints[0, 0] + x)).round(1) for x in (0, 0.008, 0.016)],
    )


def mesh_quality(model: HandModel) -> Iterator[tuple[str, object]]:
    mesh = trimesh.Trimesh(model.template, model.faces, process=False)
    smallest = np.degrees(mesh.face_angles).min(1)
    yield (
        "Euler characteristic, parts, windings agree",
        (mesh.euler_number, mesh.body_count, mesh.is_winding_consistent),
    )
    yield "smallest angle of a triangle 0, 1, 5, 50 %, degrees", np.percentile(smallest, [0, 1, 5, 50]).round(1)
    yield "edges 0, 5, 50, 95, 100 %, mm", np.percentile(1e3 * mesh.edges_unique_length, [0, 5, 50, 95, 100]).round(1)
    yield "area, cm2, and smallest face, mm2", (round(1e4 * mesh.area, 1), round(1e6 * mesh.area_faces.min(), 1))
    step = np.abs(np.diff(model.weights[mesh.edges_unique], axis=1)).max((1, 2))
    yield "change of a weight along an edge: mean, most", (step.mean().round(3), step.max().round(3))


def behaviour(model: HandModel, anatomy: JointAnatomy) -> Iterator[tuple[str, object]]:
    rng = np.random.default_rng(1)
    betas = rng.normal(size=(500, 10))
    shaped = model.template + np.moveaxis(model.shape_directions @ betas.T, 2, 0)
    joints = model.joints_template + np.moveaxis(model.joint_directions @ betas.T, 2, 0)
    posed = pose_hands(model, random_rotations(anatomy, 200, rng))
    for name, pair in (("500 shapes", (shaped, joints)), ("200 poses", posed)):
        error = 1e3 * regressor_error(model.joint_regressor, *pair)
        figures = (error.mean().round(2), *np.percentile(error, [99, 100]).round(2))
        yield f"joint regressor, {name}: mean, 99 %, most, mm", figures
    fist, _ = skin(model, rotations_of(anatomy, FIST), np.zeros(10, np.float32))
    everything = {"rest": [model.template], "40 random shapes": shaped[:40], "a fist": [fist]}
    for name, hands in everything.items():
        yield f"crossing triangles, {name}, most", max(crossings(hand, model.faces) for hand in hands)


def rotations_of(anatomy: JointAnatomy, angles: np.ndarray) -> np.ndarray:
    return np.concatenate([np.eye(3)[None], rotations_from_angles(anatomy.axes, angles)]).astype(np.float32)


def girth(mesh: trimesh.Trimesh, x: float) -> float:
    """Length of the section at x."""
    segments = trimesh.intersections.mesh_plane(mesh, [1, 0, 0], [x, 0, 0])
    return np.linalg.norm(segments[:, 0] - segments[:, 1], axis=1).sum()


if __name__ == "__main__":
    hand, limits = load(Path(sys.argv[1]))
    for label, value in (*sizes(hand), *mesh_quality(hand), *behaviour(hand, limits)):
        print(f"{label}: {np.array(value, float).round(3).tolist()}")
