"""The mean hand as a mesh of the free hand's counts, and the linear map that takes every source hand to it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
import trimesh

from tools.free_hand.canonical import WRIST, unit
from tools.free_hand.collapse import EdgeCollapse
from tools.free_hand.surface import barycentric_map, border_loop, edges_of, largest_part

VERTICES, RIM_EDGES = 778, 16
CUT = 0.022
"""Where the forearm ends, metres from the wrist joint."""
SNAP = 0.002
EDGE_LENGTH = 0.0095
RELATIVE_SIZE = np.array([1.05] + [0.78, 0.60, 0.45] * 4 + [0.86, 0.68, 0.49])
"""Wanted edge length near each joint, in EDGE_LENGTH."""


@dataclass(frozen=True)
class Remeshed:
    """Faces (F, 3), and a matrix (V, S) that takes source points to the new vertices."""

    faces: np.ndarray
    map: sp.csr_matrix


def remesh(points: np.ndarray, triangles: np.ndarray, weights: np.ndarray) -> Remeshed:
    """Cut, simplify and relax the mean hand: points (S, 3), triangles (T, 3), skinning weights (S, 16)."""
    smoother = nail_smoother(triangles, weights)
    whole = trimesh.Trimesh(smoother @ points, triangles, process=False)
    surface = cut_forearm(*trimesh.remesh.subdivide(whole.vertices, triangles))
    size = barycentric_map(whole, surface.vertices) @ weights @ RELATIVE_SIZE * EDGE_LENGTH
    vertices, faces, size = EdgeCollapse(surface.vertices, surface.faces, size).run(VERTICES, RIM_EDGES)
    vertices, faces = relax(vertices, faces, size, surface)
    nearest = barycentric_map(whole, vertices)
    order = np.lexsort((vertices[:, 0], (nearest @ weights).argmax(1)))  # grouped by dominant joint
    faces = np.argsort(order)[faces]
    return Remeshed(faces[np.lexsort(faces.T[::-1])], (nearest[order] @ smoother).tocsr())


def cut_forearm(vertices: np.ndarray, faces: np.ndarray) -> trimesh.Trimesh:
    """The surface up to the plane of the cut; vertices near the plane go onto it first, so that no slivers arise."""
    plane = WRIST[0] + CUT
    vertices[abs(vertices[:, 0] - plane) < SNAP, 0] = plane
    whole = trimesh.Trimesh(vertices, faces, process=False)
    surface = trimesh.intersections.slice_mesh_plane(whole, [-1.0, 0, 0], [plane, 0, 0], cap=False)
    surface.merge_vertices(digits_vertex=7)
    surface.update_faces(surface.nondegenerate_faces())
    return largest_part(surface)


def nail_smoother(triangles: np.ndarray, weights: np.ndarray, rounds: int = 6) -> sp.csr_matrix:
    """Matrix (S, S) that smooths the last phalanges, so that the folds around nails, too fine for the mesh, are filled.

    Taubin, "A Signal Processing Approach to Fair Surface Design", 1995.
    """
    count, edges = len(weights), edges_of(triangles)
    adjacent = sp.csr_matrix((np.ones(2 * len(edges)), np.concatenate([edges, edges[:, ::-1]]).T), (count, count))
    adjacent = (adjacent > 0).astype(float)
    identity = sp.eye(count).tocsr()
    laplacian = sp.diags(1 / np.maximum(np.asarray(adjacent.sum(1)).ravel(), 1)) @ adjacent - identity
    where = sp.diags(np.clip(2 * weights[:, 3::3].sum(1) - 0.4, 0, 1))
    out = identity
    for _ in range(rounds):
        out = (identity - 0.62 * where @ laplacian) @ ((identity + 0.6 * where @ laplacian) @ out)
    return out.tocsr()


def relax(
    vertices: np.ndarray, faces: np.ndarray, size: np.ndarray, surface: trimesh.Trimesh, rounds: int = 12
) -> tuple[np.ndarray, np.ndarray]:
    """Even out triangles: a regular rim, then edge flips and smoothing along the surface, in turn."""
    rim = border_loop(faces)
    vertices[rim] = _even_rim(vertices[rim], surface.vertices[border_loop(surface.faces)])
    inner = np.setdiff1d(np.arange(len(vertices)), rim)
    for _ in range(rounds):
        faces = flip_edges(vertices, faces)
        step = _centroid_steps(vertices, faces, size)
        moved = trimesh.proximity.closest_point(surface, vertices + 0.5 * step)[0]
        near = inner[np.linalg.norm(moved - vertices, axis=1)[inner] < 0.004]
        vertices[near] = moved[near]
    return vertices, flip_edges(vertices, faces)


def flip_edges(vertices: np.ndarray, faces: np.ndarray, rounds: int = 4) -> np.ndarray:
    """Flip edges whose opposite angles sum to more than pi, where the surface is smooth enough."""
    faces = [list(face) for face in faces.tolist()]
    for _ in range(rounds):
        opposite = {(f[k], f[(k + 1) % 3]): (i, f[(k + 2) % 3]) for i, f in enumerate(faces) for k in range(3)}
        touched: set[int] = set()
        for (a, b), (i, c) in list(opposite.items()):
            if a > b or (b, a) not in opposite:
                continue
            j, d = opposite[b, a]
            taken = i in touched or j in touched or (c, d) in opposite or (d, c) in opposite
            if not taken and _should_flip(vertices[[a, b, c, d]]):
                faces[i], faces[j] = [c, d, b], [d, c, a]
                touched |= {i, j}
                opposite[c, d] = opposite[d, c] = (-1, -1)
        if not touched:
            break
    return np.array(faces)


def _should_flip(corners: np.ndarray) -> bool:
    a, b, c, d = corners

    def angle(p: np.ndarray, q: np.ndarray, r: np.ndarray) -> float:
        return np.arccos(np.clip(unit(q - p) @ unit(r - p), -1, 1))

    def normal(p: np.ndarray, q: np.ndarray, r: np.ndarray) -> np.ndarray:
        return unit(np.cross(q - p, r - p))

    if angle(c, a, b) + angle(d, a, b) < np.pi + 0.03:
        return False
    before, after = (normal(a, b, c), normal(b, a, d)), (normal(c, d, b), normal(d, c, a))
    return before[0] @ before[1] >= 0.8 and min(x @ y for x in before for y in after) >= 0.6


def _even_rim(rim: np.ndarray, fine: np.ndarray) -> np.ndarray:
    """Rim vertices at equal distances along the fine rim, each as near as possible to where it was."""
    closed = np.concatenate([fine, fine[:1]])
    length = np.append(0, np.cumsum(np.linalg.norm(np.diff(closed, axis=0), axis=1)))
    found = length[[np.linalg.norm(fine - point, axis=1).argmin() for point in rim]]
    even = np.arange(len(rim)) * length[-1] / len(rim)
    turn = np.exp(2j * np.pi * (found - even) / length[-1]).mean()
    even = (even + np.angle(turn) / (2 * np.pi) * length[-1]) % length[-1]
    return np.stack([np.interp(even, length, closed[:, k]) for k in range(3)], axis=1)


def _centroid_steps(vertices: np.ndarray, faces: np.ndarray, size: np.ndarray) -> np.ndarray:
    """From each vertex along the surface to the mean of its faces' centroids, weighed by area over wanted area."""
    corners = vertices[faces]
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    area = np.linalg.norm(normal, axis=1, keepdims=True) / size[faces].mean(1, keepdims=True) ** 2
    sums = np.zeros((len(vertices), 7))
    np.add.at(sums, faces, np.concatenate([normal, area * corners.mean(1), area], axis=1)[:, None])
    step, up = sums[:, 3:6] / sums[:, 6:] - vertices, unit(sums[:, :3])
    return step - up * (step * up).sum(1, keepdims=True)
