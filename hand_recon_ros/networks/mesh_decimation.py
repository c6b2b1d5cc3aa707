"""Halving a mesh by collapsing edges (Garland and Heckbert 1997), and climbing back.

The recipe is that of mesh autoencoders (Ranjan et al. 2018, arXiv:1807.10267).
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hand_recon_ros.types import IndexArray

Points = npt.NDArray[np.float64]


def quadrics(vertices: Points, faces: IndexArray) -> Points:
    """Squared distances to the planes of each vertex's faces, as forms (V, 4, 4)."""
    corners = vertices[faces]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    planes = np.concatenate([normals, -(normals * corners[:, 0]).sum(1, keepdims=True)], 1)
    forms = np.zeros((len(vertices), 4, 4))
    for corner in faces.T:
        np.add.at(forms, corner, planes[:, :, None] * planes[:, None])
    return forms


def decimated(vertices: Points, faces: IndexArray, count: int) -> tuple[IndexArray, IndexArray]:
    """Collapse edges, each to one of its ends, until so many vertices are left.

    Returns:
        kept (count,) indices of the vertices left, and faces (G, 3) between them, numbered by their place in kept.
    """
    homogeneous, forms = np.c_[vertices, np.ones(len(vertices))], quadrics(vertices, faces)

    def ends(a: int, b: int) -> tuple[float, int, int]:
        """Cost of a collapse, the vertex it keeps, and the one it drops."""
        form = forms[a] + forms[b]
        return min((float(homogeneous[k] @ form @ homogeneous[k]), k, drop) for k, drop in ((a, b), (b, a)))

    edges = np.unique(np.sort(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), 1), axis=0)
    queue = [(ends(a, b)[0], a, b) for a, b in edges.tolist()]
    heapq.heapify(queue)
    merged = np.arange(len(vertices))
    while len(np.unique(faces)) > count:
        cost, *pair = heapq.heappop(queue)
        a, b = merged[pair].tolist()
        if a == b:
            continue
        current, keep, drop = ends(a, b)
        if current > cost:
            heapq.heappush(queue, (current, a, b))
            continue
        forms[keep] = forms[a] + forms[b]
        merged[merged == drop] = keep
        faces = np.where(faces == drop, keep, faces)
        faces = faces[(faces != np.roll(faces, 1, 1)).all(1)]
    kept, numbered = np.unique(faces, return_inverse=True)
    return kept.astype(np.int32), numbered.reshape(-1, 3).astype(np.int32)


@dataclass(frozen=True)
class ClosestPoints:
    """Where points (N, 3) come closest to a mesh.

    Attributes:
        positions: (N, 3), faces: (N,) they lie on, and weights: (N, 3) of those faces' corners, which sum to 1.
    """

    positions: Points
    faces: IndexArray
    weights: Points


def closest_points(points: Points, vertices: Points, faces: IndexArray) -> ClosestPoints:
    """Closest points of a mesh, face by face tried."""
    from trimesh.triangles import closest_point, points_to_barycentric

    triangles = vertices[faces]
    found = []
    for point in points:
        positions = closest_point(triangles, np.tile(point, (len(faces), 1)))
        face = int(np.linalg.norm(positions - point, axis=1).argmin())
        found.append((positions[face], face))
    positions, nearest = np.array([p for p, _ in found]), np.array([f for _, f in found], np.int32)
    return ClosestPoints(positions, nearest, points_to_barycentric(triangles[nearest], positions))


def upsampling_matrix(points: Points, vertices: Points, faces: IndexArray) -> npt.NDArray[np.float32]:
    """Matrix (N, M) by which a coarse mesh's vertices (M, 3) give points (N, 3) of the finer mesh.

    A row combines the corners, as vectors, that carry the closest point: of a face its closest point, of an edge the
    point itself. Rows need not sum to 1.
    """
    closest = closest_points(points, vertices, faces)
    matrix = np.zeros((len(points), len(vertices)), np.float32)
    for k, (face, weights) in enumerate(zip(closest.faces, closest.weights, strict=True)):
        carriers = faces[face][weights > 1e-9]
        target = closest.positions[k] if len(carriers) == 3 else points[k]
        matrix[k, carriers] = 1 if len(carriers) == 1 else np.linalg.lstsq(vertices[carriers].T, target, rcond=None)[0]
    return matrix
