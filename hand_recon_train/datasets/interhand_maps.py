"""The pictures that go with a prepared sample of InterHand2.6M: joints' heat, which hand a pixel shows, which point."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias

import numpy as np

from hand_recon_ros.hand_model import HandModel
from hand_recon_ros.hand_model.array_pickle import read_tree
from hand_recon_ros.render.rasterizer import rasterize
from hand_recon_ros.types import ByteImage, FloatArray, Side
from hand_recon_train.datasets.files import floats, numbers
from hand_recon_train.datasets.interhand_prepared import MASK_CHANNEL
from hand_recon_train.datasets.mano import HandModels
from hand_recon_train.datasets.sample import Doubles

SIZE, MAP_SIZE = 256, 64
HEAT_RADIUS = 2.0
JOINTS_A_FILE = 3
VERTEX_COUNT, MAX_COLOUR_BYTES = 778, 1 << 20
PAIR = (Side.LEFT, Side.RIGHT)
Colours: TypeAlias = FloatArray


def surface_colours(model: HandModel) -> Colours:
    """A colour (V, 3) in 0 to 1 for every vertex: its place in the rest pose, within the hand's box."""
    low, high = model.template.min(axis=0), model.template.max(axis=0)
    return np.asarray((model.template - low) / (high - low), np.float32)


def read_colours(path: Path) -> Colours:
    """Vertex colours (778, 3) from a pickled array, such as v_color.pkl.

    Raises:
        ValueError: no such array.
    """
    return floats(numbers(read_tree(path, MAX_COLOUR_BYTES), (VERTEX_COUNT, 3), "colours", str(path)))


def surface_maps(
    vertices: Mapping[Side, FloatArray], models: HandModels, colours: Colours, matrix: Doubles
) -> tuple[ByteImage, ByteImage]:
    """Which hand a pixel shows (256, 256, 3), and the colour of the point it shows (256, 256, 3); hands hide others."""
    count = len(vertices[Side.LEFT])
    points = np.concatenate([vertices[side] for side in PAIR])
    faces = np.concatenate([models[side].faces + count * k for k, side in enumerate(PAIR)])
    seen = rasterize(pixels_through(matrix, points), points[:, 2], faces, (SIZE, SIZE))
    corners = faces[seen.face] % count
    shown = seen.face >= 0
    dense = (colours[corners] * seen.barycentric[..., None]).sum(axis=2) * shown[..., None]
    mask = np.zeros((SIZE, SIZE, 3), np.uint8)
    first_of_right = len(models[Side.LEFT].faces)
    mask[shown & (seen.face < first_of_right), MASK_CHANNEL[Side.LEFT]] = 255
    mask[seen.face >= first_of_right, MASK_CHANNEL[Side.RIGHT]] = 255
    return mask, (255 * dense).round().clip(0, 255).astype(np.uint8)


def heat_pictures(joints: FloatArray) -> list[ByteImage]:
    """Seven pictures (64, 64, 3) of a peak at each of 21 joints given in the crop's pixels; none where one is outside.

    Files hold a picture's channels in OpenCV's order, so the first of three joints is blue.
    """
    grid = np.arange(MAP_SIZE)
    heat = np.zeros((len(joints), MAP_SIZE, MAP_SIZE))
    for joint, (u, v) in enumerate(joints * MAP_SIZE / SIZE):
        if 0 <= u < MAP_SIZE and 0 <= v < MAP_SIZE:
            squared = (grid - u) ** 2 + (grid[:, None] - v) ** 2
            heat[joint] = np.exp(-squared / (2 * HEAT_RADIUS**2))
    pictures = (255 * heat).round().astype(np.uint8).reshape(-1, JOINTS_A_FILE, MAP_SIZE, MAP_SIZE)
    return [np.ascontiguousarray(picture[::-1].transpose(1, 2, 0)) for picture in pictures]


def pixels_through(matrix: Doubles, points: FloatArray) -> FloatArray:
    """Pixels (N, 2) of points (N, 3) in the camera frame, by a camera matrix (3, 3)."""
    homogeneous = points @ matrix.T
    return np.asarray(homogeneous[:, :2] / homogeneous[:, 2:], np.float32)
