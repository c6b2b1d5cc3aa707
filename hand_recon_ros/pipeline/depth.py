"""How far a hand really is, from a depth image registered to the picture."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from hand_recon_ros.camera import project
from hand_recon_ros.types import CameraModel, FloatArray, IndexArray

Array = npt.NDArray[np.floating]

BAND = 0.03
"""Width of a band of agreeing ratios: 3 % is 15 mm at half a metre."""
MIN_POINTS, MIN_SHARE = 12, 0.15
RANGE = (0.6, 1.6)
"""Measured over assumed distance that a human hand can have: from a child's hand to a very large one."""
CELL, THICKNESS = 6, 0.012
"""Side in pixels and depth in metres of the cells in which only the nearest skin counts as visible."""


def measured_scale(vertices: Array, faces: IndexArray, camera: CameraModel, depth: FloatArray) -> float:
    """Measured distance of a hand over that of its mesh (V, 3); NaN when too little skin was measured.

    Only skin that faces the camera and is not behind other parts of the hand is compared. The densest band of
    ratios wins rather than their median: holes, the background at the outline and an object in front each give
    ratios of their own, but only the hand's surface gives one ratio at all of its points.
    """
    visible = vertices[_visible(vertices, faces, camera)]
    column, row = np.rint(project(camera, visible)).astype(int).T
    inside = (row >= 0) & (row < depth.shape[0]) & (column >= 0) & (column < depth.shape[1])
    ratios = depth[row[inside], column[inside]] / visible[inside, 2]
    ratios = np.sort(ratios[(ratios > RANGE[0]) & (ratios < RANGE[1])])
    if len(ratios) < MIN_POINTS:
        return float("nan")
    count = np.searchsorted(ratios, ratios * (1 + BAND), side="right") - np.arange(len(ratios))
    best = int(count.argmax())
    if count[best] < max(MIN_POINTS, MIN_SHARE * len(visible)):
        return float("nan")
    return float(np.median(ratios[best : best + count[best]]))


def _visible(vertices: Array, faces: IndexArray, camera: CameraModel) -> npt.NDArray[np.bool_]:
    """Vertices (V,) that face the camera and are nearest, or nearly so, within their cell of pixels."""
    corners = vertices[faces]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    towards = (normals * corners[:, 0]).sum(axis=1) < 0
    facing = np.zeros(len(vertices), bool)
    facing[faces[towards].ravel()] = True
    cells = np.floor(project(camera, vertices) / CELL).astype(int)
    cells -= cells.min(axis=0)
    index = cells[:, 1] * (cells[:, 0].max() + 1) + cells[:, 0]
    _, index = np.unique(index, return_inverse=True)
    nearest = np.full(len(vertices), np.inf)
    np.minimum.at(nearest, index, vertices[:, 2])
    return facing & (vertices[:, 2] < nearest[index] + THICKNESS)
