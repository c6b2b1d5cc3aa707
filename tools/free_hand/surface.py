"""Small questions to triangle meshes: edges, borders, nearest points."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
import trimesh


def edges_of(faces: np.ndarray) -> np.ndarray:
    """Directed edges (3F, 2)."""
    return np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])


def border_edges(faces: np.ndarray) -> np.ndarray:
    """Directed edges that only one face has."""
    edges = edges_of(faces)
    known = set(map(tuple, edges.tolist()))
    return edges[[(b, a) not in known for a, b in edges.tolist()]]


def border_loop(faces: np.ndarray) -> np.ndarray:
    """Vertices of the only border, in order."""
    follows = dict(map(tuple, border_edges(faces).tolist()))
    loop = [min(follows)]
    while follows[loop[-1]] != loop[0]:
        loop.append(follows[loop[-1]])
    if len(loop) != len(follows):
        raise ValueError(f"expected one border, got {len(follows)} border edges in more than one loop")
    return np.array(loop)


def barycentric_map(mesh: trimesh.Trimesh, points: np.ndarray) -> sp.csr_matrix:
    """Matrix (P, V) that takes the mesh's vertices to the nearest points of its surface."""
    nearest, _, face = trimesh.proximity.closest_point(mesh, points)
    shares = np.clip(trimesh.triangles.points_to_barycentric(mesh.triangles[face], nearest), 0, 1)
    shares /= shares.sum(1, keepdims=True)
    rows = np.repeat(np.arange(len(points)), 3)
    return sp.csr_matrix((shares.ravel(), (rows, mesh.faces[face].ravel())), (len(points), len(mesh.vertices)))


def largest_part(mesh: trimesh.Trimesh) -> trimesh.Trimesh:
    """The connected part with most faces."""
    count, label = sp.csgraph.connected_components(
        sp.csr_matrix((np.ones(len(mesh.face_adjacency)), mesh.face_adjacency.T), (len(mesh.faces),) * 2),
        directed=False,
    )
    keep = label == np.bincount(label, minlength=count).argmax()
    part = trimesh.Trimesh(mesh.vertices, mesh.faces[keep], process=False)
    part.remove_unreferenced_vertices()
    return part
