"""Vertex rings of triangle meshes in the order that half-edge libraries walk them.

Spirals start where a half-edge library happens to start a vertex's ring, and published weights depend on that place.
So the usual incremental construction is followed here, face by face (as OpenMesh's documentation describes it).
A half-edge is its pair of vertices (tail, head).
"""

from __future__ import annotations

from hand_recon_ros.types import IndexArray

HalfEdge = tuple[int, int]


def opposite(edge: HalfEdge) -> HalfEdge:
    """The other direction."""
    return edge[1], edge[0]


class HalfEdges:
    """Connectivity of a mesh that faces are added to; every gap's half-edges form a loop of their own."""

    def __init__(self) -> None:
        self.next: dict[HalfEdge, HalfEdge] = {}
        self.previous: dict[HalfEdge, HalfEdge] = {}
        self.outgoing: dict[int, HalfEdge] = {}
        self.filled: set[HalfEdge] = set()

    def ring(self, vertex: int) -> list[int]:
        """Neighbours of a vertex, clockwise."""
        return [head for _, head in self._around(self.outgoing[vertex])] if vertex in self.outgoing else []

    def add_face(self, corners: list[int]) -> None:
        """Add a triangle.

        Raises:
            ValueError: one of its half-edges belongs to a face already.
        """
        edges = [(a, b) for a, b in zip(corners, corners[1:] + corners[:1], strict=True)]
        if any(edge in self.filled for edge in edges):
            raise ValueError(f"expected an oriented manifold mesh, but face {corners} overlaps another; mend the mesh")
        known = [edge in self.next for edge in edges]
        turns = [(edges[k - 1], edges[k], known[k - 1], known[k]) for k in range(3)]
        full = [edge for before, edge, old_before, old in turns if old_before and old and self._joined(before, edge)]
        for before, edge, old_before, old in turns:
            self._turn(before, edge, old_before, old)
        self.filled.update(edges)
        for edge in full:
            free = [e for e in self._around(edge) if e not in self.filled]
            self.outgoing[edge[0]] = free[0] if free else edge

    def _around(self, first: HalfEdge) -> list[HalfEdge]:
        """Half-edges that leave one vertex, clockwise."""
        edges, edge = [first], self.next[opposite(first)]
        while edge != first:
            edges.append(edge)
            edge = self.next[opposite(edge)]
        return edges

    def _joined(self, before: HalfEdge, edge: HalfEdge) -> bool:
        """Make one known half-edge follow another; tells whether the vertex's ring starts at the second."""
        if self.next[before] != edge:
            # Faces in between form a fan of their own: it moves into another gap of the vertex.
            others = self._around(edge)[1:]
            gap = next((e for e in others if e not in self.filled and self.previous[e] != before), None)
            if gap is None:
                raise ValueError(f"expected a manifold mesh, but vertex {edge[0]} has too many faces; mend the mesh")
            start, end = self.next[before], self.previous[edge]
            self._link(self.previous[gap], start)
            self._link(end, gap)
            self._link(before, edge)
        return self.outgoing[edge[0]] == edge

    def _turn(self, before: HalfEdge, edge: HalfEdge, old_before: bool, old: bool) -> None:
        """Link the half-edges at the corner between two of a face's, of which one or both are new."""
        vertex, outwards, inwards = edge[0], opposite(before), opposite(edge)
        if old_before and old:
            return
        if old:
            self._link(self.previous[edge], outwards)
            self.outgoing[vertex] = outwards
        elif old_before:
            self.outgoing[vertex] = self.next[before]
            self._link(inwards, self.next[before])
        elif vertex in self.outgoing:
            gap = self.outgoing[vertex]
            self._link(self.previous[gap], outwards)
            self._link(inwards, gap)
        else:
            self.outgoing[vertex] = outwards
            self._link(inwards, outwards)
        self._link(before, edge)

    def _link(self, edge: HalfEdge, following: HalfEdge) -> None:
        self.next[edge], self.previous[following] = following, edge


def vertex_rings(faces: IndexArray, count: int) -> list[list[int]]:
    """Neighbours of each of the vertices of triangles (F, 3), in ring order.

    Raises:
        ValueError: two faces share a half-edge.
    """
    mesh = HalfEdges()
    for corners in faces.tolist():
        mesh.add_face(corners)
    return [mesh.ring(vertex) for vertex in range(count)]
