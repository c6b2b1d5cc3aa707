"""The hands of a picture turning before the viewer."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from hand_recon_ros.render.layers import Mesh
from hand_recon_ros.render.palette import SIDE_COLOURS
from hand_recon_ros.render.views import render_meshes
from hand_recon_ros.types import ByteImage, Hand

PICTURES, FPS, SIZE = 60, 20.0, 400


def turntable(hands: Sequence[Hand], pictures: int = PICTURES, size: int = SIZE) -> Iterator[ByteImage]:
    """Pictures (size, size, 3) of the meshes in one turn about the vertical of the camera, beginning as it saw them.

    Args:
        hands: one or more; they keep their places to one another.
        pictures: in a whole turn.
        size: pixels.
    """
    meshes = [Mesh(hand.vertices, hand.faces, SIDE_COLOURS[hand.side]) for hand in hands]
    for number in range(pictures):
        yield render_meshes(meshes, about_vertical(math.tau * number / pictures), size)


def about_vertical(angle: float) -> npt.NDArray[np.float64]:
    """Rotation (3, 3) of the meshes by an angle in radians; their front goes to the viewer's right."""
    s, c = math.sin(angle), math.cos(angle)
    return np.array([[c, 0.0, -s], [0.0, 1.0, 0.0], [s, 0.0, c]])
