"""Differentiable pictures of meshes for weak supervision: colours inside of the outline, and a soft outline.

Which face a pixel shows is decided without gradients (hard visibility). Given that, colours are barycentric mixtures
and the outline's distance is a function of the projected vertices, so that both have gradients in closed form. The soft
outline is that of Liu et al., "Soft Rasterizer", ICCV 2019, for the mesh as a whole instead of face by face.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from hand_recon_ros.render.rasterizer import rasterize

CHUNK = 1 << 13
"""Pixels whose distances to the outline are held at a time."""


class Visible(NamedTuple):
    """What the pixels of a picture (S, S) show of a mesh.

    Attributes:
        rows, columns: (P,) of the pixels that show it.
        corners: (P, 3) int64 vertices of the face that is seen there.
        covered: (S, S) bool.
    """

    rows: Tensor
    columns: Tensor
    corners: Tensor
    covered: Tensor


def visible(points: Tensor, depths: Tensor, faces: Tensor, size: int) -> Visible:
    """What is seen of a mesh with vertices at pixels (V, 2) and depths (V,) in a picture of size x size."""
    flat, away, numbers = (tensor.detach().cpu().numpy() for tensor in (points, depths, faces))
    seen = rasterize(flat.astype(np.float64), away.astype(np.float64), numbers, (size, size)).face
    face = torch.from_numpy(np.asarray(seen, np.int64)).to(points.device)
    rows, columns = torch.nonzero(face >= 0, as_tuple=True)
    return Visible(rows, columns, faces[face[rows, columns]], face >= 0)


def interpolated(points: Tensor, depths: Tensor, values: Tensor, seen: Visible) -> Tensor:
    """Values (P, C) at the pixels that show the mesh, of vertices' values (V, C), true to perspective."""
    pixels = torch.stack([seen.columns, seen.rows], -1).to(points)
    a, b, c = points[seen.corners].unbind(1)
    areas = torch.stack([_area(pixels, b, c), _area(a, pixels, c), _area(a, b, pixels)], -1)
    shares = areas / depths[seen.corners]
    shares = shares / shares.sum(-1, keepdim=True)
    return (shares[..., None] * values[seen.corners]).sum(1)


def soft_silhouette(points: Tensor, faces: Tensor, covered: Tensor, softness: float = 1.0) -> Tensor:
    """How surely (S, S) a pixel is inside of the outline of a mesh at pixels (V, 2): a sigmoid of the distance to it.

    Args:
        points: projected vertices.
        faces: (F, 3).
        covered: (S, S) from `visible`.
        softness: pixels from the outline at which it is sure to 0.73.
    """
    first, second = (points[ends] for ends in outline(points, faces, covered).unbind(-1))
    size = len(covered)
    grid = torch.arange(size, device=points.device, dtype=points.dtype)
    pixels = torch.stack(torch.meshgrid(grid, grid, indexing="xy"), -1).flatten(0, 1)
    if not len(first):
        return covered.to(points)
    away = torch.cat([_nearest(part, first, second) for part in pixels.split(CHUNK)]).view(size, size)
    return torch.sigmoid(torch.where(covered, away, -away) / softness)


def outline(points: Tensor, faces: Tensor, covered: Tensor) -> Tensor:
    """Edges (E, 2) of a mesh that have it on one side of them and nothing on the other."""
    edges = torch.cat([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]).sort(1).values.unique(dim=0)
    with torch.no_grad():
        first, second = points[edges].unbind(1)
        along = torch.nn.functional.normalize(second - first, dim=-1)
        across = torch.stack([-along[:, 1], along[:, 0]], -1)
        sides = torch.stack([_shows(covered, (first + second) / 2 + sign * across) for sign in (1.0, -1.0)])
    return edges[sides[0] != sides[1]]


def photometric_error(found: Tensor, picture: Tensor, weight: Tensor) -> Tensor:
    """Mean Euclidean distance of colours (..., 3) where weights (...) are: SMHR's photometric loss."""
    away = torch.sqrt((found - picture).square().sum(-1) + 1e-12)
    return (weight * away).sum() / (weight.sum() + 1e-4)


def _shows(covered: Tensor, places: Tensor) -> Tensor:
    """Whether the mesh is seen at places (N, 2) in pixels; nothing is outside of the picture."""
    size = len(covered)
    nearest = places.round().long()
    inside = ((nearest >= 0) & (nearest < size)).all(-1)
    column, row = nearest.clamp(0, size - 1).unbind(-1)
    return covered[row, column] & inside


def _area(a: Tensor, b: Tensor, c: Tensor) -> Tensor:
    """Twice the signed area of triangles with corners (..., 2)."""
    (ux, uy), (vx, vy) = (b - a).unbind(-1), (c - a).unbind(-1)
    return ux * vy - uy * vx


def _nearest(pixels: Tensor, first: Tensor, second: Tensor) -> Tensor:
    """Distance (P,) of pixels (P, 2) from the nearest of the segments between ends (E, 2)."""
    along = second - first
    offset = pixels[:, None] - first
    share = (offset * along).sum(-1) / along.square().sum(-1).clamp(min=1e-12)
    away = offset - share.clamp(0, 1)[..., None] * along
    return torch.sqrt(away.square().sum(-1).amin(-1) + 1e-12)
