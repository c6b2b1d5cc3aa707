"""The picture of docs/conventions.md: what the joint angles of the node measure, on a right hand."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

from hand_recon_ros.camera import project
from hand_recon_ros.hand_model import free_hand_anatomy, load_free_hand, rotations_from_angles, skin
from hand_recon_ros.render.layers import Mesh, draw_meshes, lay_over
from hand_recon_ros.render.palette import SIDE_COLOURS
from hand_recon_ros.render.views import BACKGROUND, contact_sheet
from hand_recon_ros.types import ByteImage, CameraModel, Joint, Side

# Rows are right, down and forward of the viewer in the model's axes: fingers to -x, palm to -y, thumb to +z.
PALM = np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
THUMB_SIDE = np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, -1.0]])
FAR = 3.0
GHOST = (0.8, 0.8, 0.8)
DARK = (40, 40, 40)


class Motion(NamedTuple):
    """One angle: its joint in the model, which of flexion and abduction, degrees to show, and from where."""

    name: str
    joint: int
    kind: int
    degrees: float
    tip: Joint
    view: np.ndarray


MOTIONS = (
    Motion("index_mcp_flexion", 0, 0, 60, Joint.INDEX_TIP, THUMB_SIDE),
    Motion("index_pip_flexion", 1, 0, 80, Joint.INDEX_TIP, THUMB_SIDE),
    Motion("index_mcp_abduction", 0, 1, 18, Joint.INDEX_TIP, PALM),
    Motion("thumb_cmc_abduction", 12, 1, 35, Joint.THUMB_TIP, THUMB_SIDE),
    Motion("thumb_cmc_flexion", 12, 0, 40, Joint.THUMB_TIP, PALM),
    Motion("thumb_ip_flexion", 14, 0, 70, Joint.THUMB_TIP, PALM),
)


def angle_sheet(size: int = 320) -> ByteImage:
    """Each motion over the flat hand, with the way of the fingertip as an arrow."""
    return contact_sheet([_draw(motion, size) for motion in MOTIONS], 3)


def _draw(motion: Motion, size: int) -> ByteImage:
    picture = np.full((size, size, 3), BACKGROUND, np.uint8)
    camera = CameraModel(FAR * 4.2 * size, FAR * 4.2 * size, size / 2, 0.56 * size, size, size)
    steps = [_posed(motion, degrees) for degrees in np.linspace(0, motion.degrees, 16)]
    for (vertices, _), colour, opacity in ((steps[0], GHOST, 0.6), (steps[-1], SIDE_COLOURS[Side.RIGHT], 0.75)):
        lay_over(picture, draw_meshes([Mesh(vertices, load_free_hand().faces, colour)], camera), opacity)
    way = project(camera, np.stack([joints[motion.tip] for _, joints in steps]))
    _arrow(picture, way)
    text = f"{motion.name}  {np.radians(motion.degrees):+.1f}"
    cv2.putText(picture, text, (12, 20), cv2.FONT_HERSHEY_SIMPLEX, 0.55, DARK, 1, cv2.LINE_AA)
    return picture


def _posed(motion: Motion, degrees: float) -> tuple[np.ndarray, np.ndarray]:
    """Vertices and joints before the viewer."""
    angles = np.zeros((15, 3))
    angles[motion.joint, motion.kind] = np.radians(degrees)
    rotations = np.concatenate([np.eye(3)[None], rotations_from_angles(free_hand_anatomy().axes, angles)])
    model = load_free_hand()
    vertices, joints = skin(model, rotations.astype(np.float32), np.zeros(10, np.float32))
    middle = (model.template.min(axis=0) + model.template.max(axis=0)) / 2
    return (vertices - middle) @ motion.view.T + (0, 0, FAR), (joints - middle) @ motion.view.T + (0, 0, FAR)


def _arrow(picture: ByteImage, way: np.ndarray) -> None:
    points = np.rint(way).astype(np.int32)
    cv2.polylines(picture, [points], False, DARK, 2, cv2.LINE_AA)
    start, end = points[-4].tolist(), points[-1].tolist()
    cv2.arrowedLine(picture, start, end, DARK, 2, cv2.LINE_AA, tipLength=0.7)
