"""Pictures of a mesh by itself, from any side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from hand_recon_ros.render.layers import Mesh, Texture, draw_meshes, lay_over
from hand_recon_ros.render.palette import SIDE_COLOURS
from hand_recon_ros.types import ByteImage, CameraModel, Hand, Side

BACKGROUND = 245
DISTANCE = 6.0
"""Of the viewer, in radii of the mesh: far enough for hardly any perspective."""
HAND_M = 0.1
"""Radius in metres that any mesh is drawn with: that of a hand, as shadows have a size."""
VIEWS: dict[str, npt.NDArray[np.float64]] = {
    "front": np.diag([1.0, 1.0, 1.0]),
    "right": np.array([[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [-1.0, 0.0, 0.0]]),
    "back": np.diag([-1.0, 1.0, -1.0]),
    "left": np.array([[0.0, 0.0, -1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]]),
}
"""Rotations of a mesh in the camera frame that show it as its camera sees it, and from the other sides around it."""


def render_mesh(
    vertices: npt.NDArray[np.floating],
    faces: npt.NDArray[np.integer],
    turn: npt.NDArray[np.floating] = VIEWS["front"],
    size: int = 400,
    colours: npt.ArrayLike | Texture = SIDE_COLOURS[Side.RIGHT],
) -> ByteImage:
    """A square picture (size, size, 3) of a mesh that fills it, on a light ground.

    Args:
        vertices: (V, 3) in axes of a camera optical frame; their place and scale do not matter.
        faces: (F, 3) outward winding.
        turn: (3, 3) rotation of the mesh, one of VIEWS or any other.
        size: pixels.
        colours: RGB in 0 to 1, (V, 3) or (3,), or a texture as in Mesh.
    """
    return render_meshes([Mesh(vertices, faces, colours)], turn, size)


def render_meshes(meshes: Sequence[Mesh], turn: npt.NDArray[np.floating], size: int) -> ByteImage:
    """Several meshes as `render_mesh` draws one, their places to one another kept."""
    points = np.concatenate([mesh.vertices for mesh in meshes])
    middle = (points.min(axis=0) + points.max(axis=0)) / 2
    radius = np.linalg.norm(points - middle, axis=1).max()
    placed = [
        replace(mesh, vertices=HAND_M * ((mesh.vertices - middle) @ turn.T / radius + (0, 0, DISTANCE)))
        for mesh in meshes
    ]
    focal = 0.47 * size * np.sqrt(DISTANCE**2 - 1)  # the sphere around the meshes touches the margin
    camera = CameraModel(focal, focal, (size - 1) / 2, (size - 1) / 2, size, size)
    picture = np.full((size, size, 3), BACKGROUND, np.uint8)
    lay_over(picture, draw_meshes(placed, camera))
    return picture


def draw_side_views(hand: Hand, size: int = 400) -> ByteImage:
    """The hand's mesh from its four sides, beside one another: (size, 4 size and gaps, 3)."""
    colour = SIDE_COLOURS[hand.side]
    return contact_sheet([render_mesh(hand.vertices, hand.faces, turn, size, colour) for turn in VIEWS.values()], 4)


def contact_sheet(images: Sequence[ByteImage], columns: int, gap: int = 4) -> ByteImage:
    """Pictures in rows, centred in cells of the largest one's size.

    Raises:
        ValueError: no pictures, or no columns.
    """
    if not images or columns < 1:
        raise ValueError(f"a contact sheet needs pictures and columns, got {len(images)} pictures, {columns} columns")
    height = max(image.shape[0] for image in images) + gap
    width = max(image.shape[1] for image in images) + gap
    rows = -(-len(images) // columns)
    sheet = np.full((rows * height + gap, min(columns, len(images)) * width + gap, 3), BACKGROUND, np.uint8)
    for number, image in enumerate(images):
        row, column = divmod(number, columns)
        top = gap + row * height + (height - gap - image.shape[0]) // 2
        left = gap + column * width + (width - gap - image.shape[1]) // 2
        sheet[top : top + image.shape[0], left : left + image.shape[1]] = image
    return sheet
