"""Spirals over a mesh: every vertex, its ring, the ring around that, and so on (Lim et al. 2018, arXiv:1809.06664)."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from hand_recon_ros.networks.half_edges import vertex_rings
from hand_recon_ros.types import IndexArray


def mesh_spirals(vertices: npt.NDArray[Any], faces: IndexArray, length: int) -> IndexArray:
    """The first vertices (V, length) of the spiral around each of V vertices.

    Raises:
        ValueError: the mesh is no oriented manifold.
    """
    rings = vertex_rings(faces, len(vertices))
    spirals = [_spiral(vertex, rings, length) for vertex in range(len(vertices))]
    filled = [s if len(s) == length else _nearest(k, vertices, length) for k, s in enumerate(spirals)]
    return np.array(filled, np.int32)


def _spiral(vertex: int, rings: list[list[int]], length: int) -> list[int]:
    """Ring after ring; shorter where the mesh ends before."""
    spiral, ring = [vertex], rings[vertex]
    while ring and len(spiral) < length:
        seen = {*spiral, *ring}
        spiral = spiral + ring
        ring = _next_ring(ring, rings, seen)
    return spiral[:length]


def _next_ring(ring: list[int], rings: list[list[int]], seen: set[int]) -> list[int]:
    """Unseen neighbours of a ring, each of its vertices walked from its first neighbour within the ring onwards."""
    found: dict[int, None] = {}
    members = set(ring)
    for vertex in ring:
        around = rings[vertex]
        start = next((k for k, neighbour in enumerate(around) if neighbour in members), 0)
        found |= dict.fromkeys(v for v in around[start:] + around[:start] if v not in seen)
    return list(found)


def _nearest(vertex: int, vertices: npt.NDArray[Any], length: int) -> list[int]:
    distances = np.linalg.norm(vertices - vertices[vertex], axis=1)
    return np.argsort(distances, kind="stable")[:length].tolist()
