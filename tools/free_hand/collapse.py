"""Edge collapse of an open surface to exact numbers of vertices and border edges.

After Garland and Heckbert, "Surface Simplification Using Quadric Error Metrics" (1997), with a wanted edge length for
every vertex, so that fingertips stay finer than the palm.
"""

from __future__ import annotations

import heapq

import numpy as np

from tools.free_hand.surface import border_edges

QUADRIC_WEIGHT = 150.0
MAX_VALENCE = 9
RETRY_COST, MAX_RETRY = 0.1, 30.0
"""A collapse that is not possible yet comes back at a higher cost, up to a limit."""


class EdgeCollapse:
    """A surface being simplified; cost = (length / size)^2 + QUADRIC_WEIGHT * quadric error / size^4."""

    def __init__(self, vertices: np.ndarray, faces: np.ndarray, size: np.ndarray) -> None:
        self.vertices, self.size = list(vertices), list(size)
        self.faces = [tuple(face) for face in faces.tolist()]
        self.alive = [True] * len(faces)
        self.around: list[set[int]] = [set() for _ in vertices]
        self.quadrics = np.zeros((len(vertices), 4, 4))
        for i, face in enumerate(self.faces):
            a, b, c = (self.vertices[k] for k in face)
            normal = np.cross(b - a, c - a)
            area = np.linalg.norm(normal)
            plane = np.append(normal / area, -(normal / area) @ a)
            for k in face:
                self.around[k].add(i)
                self.quadrics[k] += area / 6 * np.outer(plane, plane)
        self.rim = set(border_edges(faces).ravel().tolist())
        self.live = len(vertices)
        self.version = [0] * len(vertices)
        self.queue: list[tuple[float, float, int, int, int, int, tuple[float, ...]]] = []

    def run(self, vertex_count: int, rim_count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Collapse until the counts are met; returns vertices, faces and sizes."""
        for a in range(len(self.vertices)):
            for b in self._neighbours(a):
                if a < b:
                    self._push(a, b)
        while self.live > vertex_count and self.queue:
            _, extra, a, b, version_a, version_b, place = heapq.heappop(self.queue)
            if (self.version[a], self.version[b]) != (version_a, version_b):
                continue
            both = a in self.rim and b in self.rim
            if both and len(self.rim) <= rim_count:
                continue
            spare = self.live - vertex_count > len(self.rim) - rim_count
            if (both or spare) and self._keeps_shape(a, b, np.array(place)):
                self._collapse(a, b, np.array(place))
            elif extra < MAX_RETRY or not (both or spare):
                self._push(a, b, extra + RETRY_COST)
        faces = np.array([face for face, alive in zip(self.faces, self.alive, strict=True) if alive])
        used, renumbered = np.unique(faces, return_inverse=True)
        return np.array(self.vertices)[used], renumbered.reshape(-1, 3), np.array(self.size)[used]

    def _neighbours(self, a: int) -> set[int]:
        return {k for i in self.around[a] for k in self.faces[i]} - {a}

    def _push(self, a: int, b: int, extra: float = 0.0) -> None:
        a, b = min(a, b), max(a, b)
        p, q = self.vertices[a], self.vertices[b]
        on_rim = (a in self.rim) + (b in self.rim)
        if on_rim == 1:
            places = [p if a in self.rim else q]
        else:
            places = [p * (1 - t) + q * t for t in (0.5, 0.0, 1.0, 0.25, 0.75)]
        quadric, size = self.quadrics[a] + self.quadrics[b], min(self.size[a], self.size[b])
        errors = [np.append(place, 1) @ quadric @ np.append(place, 1) for place in places]
        best = int(np.argmin(np.array(errors) + 1e-16 * (np.arange(len(places)) > 0)))
        cost = ((p - q) ** 2).sum() / size**2 + QUADRIC_WEIGHT * max(errors[best], 0) / size**4
        cost += extra + (0.8 if on_rim == 1 else 0)
        heapq.heappush(self.queue, (cost, extra, a, b, self.version[a], self.version[b], tuple(places[best])))

    def _keeps_shape(self, a: int, b: int, place: np.ndarray) -> bool:
        """Whether merging a and b at a place keeps the surface a manifold of well-shaped, unflipped triangles."""
        shared = self.around[a] & self.around[b]
        both = a in self.rim and b in self.rim
        ring_a, ring_b = self._neighbours(a), self._neighbours(b)
        if not shared or (both and len(shared) != 1) or len(ring_a & ring_b) != len(shared):
            return False
        if len(ring_a | ring_b) - 2 > MAX_VALENCE:
            return False
        for i in (self.around[a] | self.around[b]) - shared:
            old = np.array([self.vertices[k] for k in self.faces[i]])
            new = np.array([place if k in (a, b) else self.vertices[k] for k in self.faces[i]])
            (n0, q0), (n1, q1) = _normal_and_quality(old), _normal_and_quality(new)
            if n0 @ n1 < 0.3 * np.linalg.norm(n0) * np.linalg.norm(n1) or q1 < (0.02 if both else min(0.12, q0)):
                return False
        return True

    def _collapse(self, a: int, b: int, place: np.ndarray) -> None:
        both = a in self.rim and b in self.rim
        if not both:
            self.size[a] = min(self.size[a], self.size[b])
        self.vertices[a] = place
        self.quadrics[a] += self.quadrics[b]
        if b in self.rim:
            self.rim.discard(b)
            self.rim.add(a)
        for i in self.around[a] & self.around[b]:
            self.alive[i] = False
            for k in self.faces[i]:
                self.around[k].discard(i)
        for i in self.around[b]:
            self.faces[i] = tuple(a if k == b else k for k in self.faces[i])
            self.around[a].add(i)
        self.around[b] = set()
        self.live -= 1
        self.version[a] += 1
        self.version[b] += 1
        for c in sorted(self._neighbours(a)):
            self._push(a, c)


def _normal_and_quality(corners: np.ndarray) -> tuple[np.ndarray, float]:
    """Normal of twice the area, and its length over the sum of squared sides."""
    normal = np.cross(corners[1] - corners[0], corners[2] - corners[0])
    return normal, float(np.linalg.norm(normal) / ((corners - corners[[1, 2, 0]]) ** 2).sum())
