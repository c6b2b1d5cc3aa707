"""A z-buffer triangle rasteriser in NumPy, for meshes of a few thousand faces on machines without OpenGL.

Edge functions after Pineda, "A Parallel Algorithm for Polygon Rasterization", 1988: a pixel centre belongs to a
triangle where three linear functions of it are positive, with the top-left rule for centres on an edge. All (face,
pixel of its box) pairs are tested at once, a bounded number at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from hand_recon_ros.types import FloatArray, IndexArray

Doubles = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

SUBPIXELS = 1024
"""Corners are rounded to this fraction of a pixel: up to 32,768 px from the origin edge functions are then exact."""
PAIRS_AT_ONCE = 1 << 18


@dataclass(frozen=True)
class Fragments:
    """What each pixel sees.

    Attributes:
        face: (H, W) row of the nearest face, -1 where there is none.
        barycentric: (H, W, 3) weights of that face's corners, correct in perspective; 0 where there is none.
        depth: (H, W) depth in the unit of the vertices, infinity where there is none.
    """

    face: IndexArray
    barycentric: FloatArray
    depth: FloatArray


def rasterize(
    points_2d: npt.NDArray[np.floating],
    depth: npt.NDArray[np.floating],
    faces: npt.NDArray[np.integer],
    size: tuple[int, int],
) -> Fragments:
    """Find the nearest face at every pixel centre; both sides of faces are seen.

    Faces with a corner that is not in front of the camera (depth <= 0 or not finite) are left out, and so are those
    seen edge-on. Where two faces are equally deep, the later one is seen. Several meshes are one: concatenate them.

    Args:
        points_2d: (V, 2) pixels, (0, 0) being the centre of the top-left pixel.
        depth: (V,) distance along the optical axis.
        faces: (F, 3) vertex indices.
        size: (height, width) of the picture in pixels.
    """
    height, width = size
    seen = Fragments(
        np.full((height, width), -1, np.int32),
        np.zeros((height, width, 3), np.float32),
        np.full((height, width), np.inf, np.float32),
    )
    triangles = _set_up(points_2d, depth, faces, size)
    if not len(triangles.row):
        return seen
    origin = triangles.low.min(axis=0)
    columns, rows = triangles.high.max(axis=0) - origin
    nearest = _nearest(triangles, origin, int(columns), int(rows))
    hit = np.flatnonzero(nearest >= 0)
    _resolve(seen, triangles, nearest[hit], origin[0] + hit % columns, origin[1] + hit // columns)
    return seen


class _Triangles(NamedTuple):
    """The T faces that may be seen, as linear functions c[0] x + c[1] y + c[2] of a pixel.

    row: (T,) which face. edges: (T, 3, 3) screen barycentric weight of each corner times twice the area.
    tests: (T, 3, 3) the same, raised a little where the edge belongs to the face. inverse_depth: (T, 3) 1 / depth.
    per_corner: (T, 3) 1 / depth of each corner. low, high: (T, 2) box (x, y) of pixels, high exclusive.
    """

    row: Integers
    edges: Doubles
    tests: Doubles
    inverse_depth: Doubles
    per_corner: Doubles
    low: Integers
    high: Integers


def _set_up(
    points_2d: npt.NDArray[np.floating],
    depth: npt.NDArray[np.floating],
    faces: npt.NDArray[np.integer],
    size: tuple[int, int],
) -> _Triangles:
    usable = np.isfinite(points_2d).all(axis=1) & np.isfinite(depth) & (depth > 0)
    row = np.flatnonzero(usable[faces].all(axis=1))
    corners = np.round(points_2d[faces[row]].astype(np.float64) * SUBPIXELS) / SUBPIXELS
    limits = size[::-1]
    low = np.ceil(corners.min(axis=1)).clip(0, limits).astype(np.int64)
    high = (np.floor(corners.max(axis=1)) + 1).clip(0, limits).astype(np.int64)
    edges, doubled_area = _edge_functions(corners)
    kept = np.flatnonzero((doubled_area > 0) & (high > low).all(axis=1))
    edges = edges[kept]
    per_corner = 1 / depth[faces[row[kept]]].astype(np.float64)
    inverse_depth = (edges * per_corner[..., None]).sum(axis=1) / doubled_area[kept, None]
    return _Triangles(row[kept], edges, _with_top_left_rule(edges), inverse_depth, per_corner, low[kept], high[kept])


def _edge_functions(corners: Doubles) -> tuple[Doubles, Doubles]:
    """Coefficients (T, 3, 3) of the edge against each corner, positive inside, and twice the area (T,)."""
    start, end = corners[:, [1, 2, 0]], corners[:, [2, 0, 1]]
    dx, dy = np.moveaxis(end - start, -1, 0)
    edges = np.stack([-dy, dx, dy * start[..., 0] - dx * start[..., 1]], axis=-1)
    doubled_area = edges[..., 2].sum(axis=1)  # the three weights sum to it wherever they are evaluated
    return edges * np.sign(doubled_area)[:, None, None], np.abs(doubled_area)


def _with_top_left_rule(edges: Doubles) -> Doubles:
    """Edge functions that are positive also on top and left edges themselves, raised by half their smallest step."""
    dx, dy = edges[..., 1], -edges[..., 0]
    raised = edges.copy()
    raised[..., 2] += np.where((dy < 0) | ((dy == 0) & (dx > 0)), 0.5 / SUBPIXELS**2, 0)
    return raised


def _nearest(triangles: _Triangles, origin: Integers, columns: int, rows: int) -> Integers:
    """For each pixel (rows * columns,) of the box at origin: which triangle is nearest, -1 where there is none."""
    nearest = np.full(rows * columns, -1, np.int64)
    largest = np.zeros(rows * columns)
    for which, x, y in _pairs(triangles):
        inside = np.ones(len(which), bool)
        for corner in range(3):
            inside &= _evaluate(triangles.tests[:, corner], which, x, y) > 0
        which, x, y = which[inside], x[inside], y[inside]
        pixel = (y - origin[1]) * columns + (x - origin[0])
        inverse_depth = _evaluate(triangles.inverse_depth, which, x, y)
        np.maximum.at(largest, pixel, inverse_depth)
        front = inverse_depth >= largest[pixel]
        nearest[pixel[front]] = which[front]
    return nearest


def _pairs(triangles: _Triangles) -> Iterator[tuple[Integers, Integers, Integers]]:
    """Every triangle with every pixel x, y of its box, in order of the triangles."""
    widths, heights = (triangles.high - triangles.low).T
    ends = np.cumsum(widths * heights)
    starts = ends - widths * heights
    for first in range(0, int(ends[-1]), PAIRS_AT_ONCE):
        pair = np.arange(first, min(first + PAIRS_AT_ONCE, int(ends[-1])))
        which = np.searchsorted(ends, pair, side="right")
        y, x = np.divmod(pair - starts[which], widths[which])
        yield which, x + triangles.low[which, 0], y + triangles.low[which, 1]


def _evaluate(functions: Doubles, which: Integers, x: Integers, y: Integers) -> Doubles:
    return functions[which, 0] * x + functions[which, 1] * y + functions[which, 2]


def _resolve(seen: Fragments, triangles: _Triangles, which: Integers, x: Integers, y: Integers) -> None:
    """Write what the pixels x, y see, given the triangle nearest to each."""
    screen = np.stack([_evaluate(triangles.edges[:, corner], which, x, y) for corner in range(3)], axis=-1)
    weights = screen * triangles.per_corner[which]
    total = weights.sum(axis=1)
    seen.face[y, x] = triangles.row[which]
    seen.barycentric[y, x] = weights / total[:, None]
    seen.depth[y, x] = screen.sum(axis=1) / total
