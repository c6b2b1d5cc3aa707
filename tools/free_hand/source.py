"""The CC0 MakeHuman body that the free hand is baked from: mesh, skinning weights, joint markers and morph targets."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np

BODY_VERTICES = 13380
"""The first vertices of the source are the body; helpers and joint markers follow."""
DECIMETRE = 0.1
FINGER_NUMBERS = {"index": 2, "middle": 3, "pinky": 5, "ring": 4, "thumb": 1}
"""The source's finger numbers, in MANO's order."""
JOINT_COUNT = 16


@dataclass(frozen=True)
class SourceHand:
    """The right hand and forearm of the source at its neutral shape.

    Attributes:
        root: folder of the source's files.
        body: (B, 3) vertices of the whole source, metres, y up.
        skin: (S,) vertices of body that make up the hand and forearm.
        triangles: (T, 3) into skin.
        uv: (T, 3, 2) texture coordinates of the triangles' corners.
        weights: (S, 16) skinning weights in MANO's order of joints; wrist, metacarpals and forearm count as the wrist.
        markers: (21, 8) vertices whose mean is a joint: wrist, then four a finger (root to tip) in MANO's order.
    """

    root: Path
    body: np.ndarray
    skin: np.ndarray
    triangles: np.ndarray
    uv: np.ndarray
    weights: np.ndarray
    markers: np.ndarray


def load_source(root: Path) -> SourceHand:
    body, uv, quads = _read_obj(root / "3dobjs/base.obj")
    groups = json.loads((root / "mesh_metadata/basemesh_vertex_groups.json").read_text())
    names = ["hand", *(f"finger-{n}-{k}" for n in FINGER_NUMBERS.values() for k in range(1, 5))]
    markers = np.array([np.arange(first, last + 1) for ((first, last),) in (groups[f"joint-r-{n}"] for n in names)])
    weights = _read_weights(root / "rigs/standard/weights.default.json", len(body))
    near = np.linalg.norm(body - body[markers[0]].mean(0), axis=1) < 0.06
    skin = np.flatnonzero(((weights[:, :JOINT_COUNT].sum(1) > 0) | near)[:BODY_VERTICES])
    weights[:, 0] += weights[:, JOINT_COUNT]
    own = weights[skin, :JOINT_COUNT]
    number = np.full(len(body), -1)
    number[skin] = np.arange(len(skin))
    quads = quads[(number[quads[..., 0]] >= 0).all(1)]
    corners = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])
    return SourceHand(
        root, body, skin, number[corners[..., 0]], uv[corners[..., 1]], own / own.sum(1, keepdims=True), markers
    )


def nail_mask(source: SourceHand) -> np.ndarray:
    """The source's picture of where fingernails lie in its texture, 0 to 1."""
    return cv2.imread(str(source.root / "textures/mpfb_fingernails.jpg"), cv2.IMREAD_GRAYSCALE) / 255.0


@cache
def load_target(path: Path, count: int) -> np.ndarray | None:
    """A morph target as offsets (count, 3) in metres, or None where the source has no such target."""
    if not path.exists():
        return None
    offsets = np.zeros((count, 3), np.float32)
    with gzip.open(path, "rt") as lines:
        for index, *values in (line.split() for line in lines if line.strip() and not line.startswith("#")):
            offsets[int(index)] = np.array(values[:3], float) * DECIMETRE
    return offsets


def _read_obj(path: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Vertices, texture coordinates, and quads (Q, 4, 2) of vertex and texture numbers of the group body."""
    vertices, uv, quads, group = [], [], [], None
    for kind, *values in (line.split() for line in path.read_text().splitlines() if line.strip()):
        if kind == "v":
            vertices.append([float(x) for x in values[:3]])
        elif kind == "vt":
            uv.append([float(x) for x in values[:2]])
        elif kind == "g":
            group = values[0]
        elif kind == "f" and group == "body":
            quads.append([[int(x) - 1 for x in corner.split("/")[:2]] for corner in values])
    return np.array(vertices) * DECIMETRE, np.array(uv), np.array(quads)


def _read_weights(path: Path, count: int) -> np.ndarray:
    """Weights (count, 17) on the 16 joints and, last, on everything above the hand."""
    table = json.loads(path.read_text())
    if table["license"] != "CC0":
        raise ValueError(f"expected CC0 weights in {path}, got {table['license']}")
    weights = np.zeros((count, JOINT_COUNT + 1))
    fingers = list(FINGER_NUMBERS.values())
    for bone, pairs in table["weights"].items():
        column = JOINT_COUNT
        if bone.endswith(".R") and bone.startswith(("wrist", "metacarpal")):
            column = 0
        elif bone.endswith(".R") and bone.startswith("finger"):
            column = 1 + 3 * fingers.index(int(bone[6])) + int(bone[8]) - 1
        for vertex, weight in pairs:
            weights[int(vertex), column] += weight
    return weights
