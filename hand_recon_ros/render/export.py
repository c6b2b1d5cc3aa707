"""Reconstructed hands as GLB and OBJ files for other programs.

Both are in metres with glTF's axes: x right, y up, z towards the viewer, that is the camera optical frame turned by
180 degrees about x.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import trimesh
from trimesh.visual.material import PBRMaterial
from trimesh.visual.texture import TextureVisuals

from hand_recon_ros.atomic import written_whole
from hand_recon_ros.render.palette import SIDE_COLOURS
from hand_recon_ros.render.shading import vertex_normals
from hand_recon_ros.types import Hand, HandFrame

TO_GLTF = np.array([1, -1, -1], np.float32)
"""Camera optical frame to glTF axes."""


def save_glb(path: Path, frame: HandFrame) -> None:
    """Write all hands into one GLB: a node each, named by hand_names, in its side's colour, with smooth normals.

    Raises:
        ValueError: the frame has no hand; a GLB cannot be empty.
        OSError: the file cannot be written.
    """
    if not frame.hands:
        raise ValueError(f"there is no hand to write to {path}")
    data = _scene(frame).export(file_type="glb", include_normals=True)
    with written_whole(path) as partial:
        partial.write_bytes(data)


def save_obj(path: Path, frame: HandFrame) -> None:
    """Write all hands into one OBJ, an object each, named by hand_names, with smooth normals and no material.

    Raises:
        OSError: the file cannot be written.
    """
    lines = ["# metres; x right, y up, z towards the viewer"]
    first = 1
    for name, hand in zip(hand_names(frame.hands), frame.hands, strict=True):
        normals = vertex_normals(hand.vertices, hand.faces) * TO_GLTF
        lines.append(f"o {name}")
        lines += [f"v {x:.6f} {y:.6f} {z:.6f}" for x, y, z in (hand.vertices * TO_GLTF).tolist()]
        lines += [f"vn {x:.4f} {y:.4f} {z:.4f}" for x, y, z in normals.tolist()]
        lines += [f"f {a}//{a} {b}//{b} {c}//{c}" for a, b, c in (hand.faces + first).tolist()]
        first += len(hand.vertices)
    with written_whole(path) as partial:
        partial.write_text("\n".join(lines) + "\n", encoding="ascii")


def hand_names(hands: Sequence[Hand]) -> list[str]:
    """A name for each hand: side and track number as in "right_3", or place in the frame as in "left_hand_0"."""
    return [
        f"{hand.side.name.lower()}_{hand.track_id}" if hand.track_id else f"{hand.side.name.lower()}_hand_{place}"
        for place, hand in enumerate(hands)
    ]


def _scene(frame: HandFrame) -> trimesh.Scene:
    scene = trimesh.Scene()
    for name, hand in zip(hand_names(frame.hands), frame.hands, strict=True):
        scene.add_geometry(_mesh(name, hand), node_name=name, geom_name=name)
    return scene


def _mesh(name: str, hand: Hand) -> trimesh.Trimesh:
    linear = np.array(SIDE_COLOURS[hand.side]) ** 2.2  # glTF colours are linear
    material = PBRMaterial(
        name=name,
        baseColorFactor=[*linear.tolist(), 1.0],
        metallicFactor=0.0,
        roughnessFactor=0.6,
        doubleSided=True,  # the wrist is open: its inside shows
    )
    # process=False: merging vertices would break the correspondence with the hand model.
    return trimesh.Trimesh(
        hand.vertices * TO_GLTF,
        hand.faces,
        vertex_normals=vertex_normals(hand.vertices, hand.faces) * TO_GLTF,
        visual=TextureVisuals(material=material),
        process=False,
    )
