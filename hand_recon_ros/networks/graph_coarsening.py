"""Clusterings of a mesh into pairs of pairs of vertices (Defferrard et al. 2016, arXiv:1606.09375, section 2.2)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hand_recon_ros.types import IndexArray

Matrix = npt.NDArray[np.float64]
ROUNDS = 4
MAX_ORDERS = 100
NO_NODE = -1


def adjacency(faces: IndexArray, count: int) -> Matrix:
    """Matrix (V, V) with a 1 for every edge of triangles (F, 3)."""
    matrix = np.zeros((count, count))
    for a, b in ((0, 1), (1, 2), (2, 0)):
        matrix[faces[:, a], faces[:, b]] = matrix[faces[:, b], faces[:, a]] = 1
    return matrix


def normalised_laplacian(weights: Matrix) -> Matrix:
    """I - D^-1/2 W D^-1/2; nodes without edges keep their 1."""
    degrees = weights.sum(1)
    scale = np.divide(1, np.sqrt(degrees), out=np.zeros_like(degrees), where=degrees > 0)
    return np.eye(len(weights)) - scale[:, None] * weights * scale


def heavy_edge_pairs(weights: Matrix, order: IndexArray) -> IndexArray:
    """Cluster (N,) of every node: two neighbours of large shared weight, or a node alone.

    Nodes choose in order of their degree, and in the given order where degrees are equal.
    """
    degrees = weights.sum(1)
    shared = weights / (degrees[:, None] + degrees + 1e-9)
    np.fill_diagonal(shared, 0)
    clusters, count = np.full(len(weights), NO_NODE), 0
    for node in order[np.argsort(degrees[order], kind="stable")]:
        if clusters[node] != NO_NODE:
            continue
        gains = np.where(clusters == NO_NODE, shared[node], 0)
        best = int(gains.argmax())
        clusters[[node, best] if gains[best] > 0 else node] = count
        count += 1
    return clusters.astype(np.int32)


@dataclass(frozen=True)
class Clustering:
    """Nodes of the vertices' graph and of its clusterings, ordered so that nodes 2 k and 2 k + 1 make node k above.

    Attributes:
        weights: adjacencies, finest first, each half as large as the one before; missing partners have no edges.
        places: (V,) place of every vertex in the finest.
    """

    weights: tuple[Matrix, ...]
    places: IndexArray


def clustered(weights: Matrix, coarsest: int) -> Clustering:
    """Pair the nodes of a graph (V, V) four times, so that so many clusters are left.

    How many are left depends on the order among equal degrees: orders are tried, the same ones every time.

    Raises:
        ValueError: none of them leaves that many; another mesh is needed.
    """
    for seed in range(MAX_ORDERS):
        random = np.random.Generator(np.random.PCG64(seed))
        graphs, parents = [weights], []
        for _ in range(ROUNDS):
            parents.append(heavy_edge_pairs(graphs[-1], random.permutation(len(graphs[-1])).astype(np.int32)))
            members = np.eye(parents[-1].max() + 1)[parents[-1]]
            graphs.append(members.T @ graphs[-1] @ members)
        if len(graphs[-1]) == coarsest:
            return _ordered(graphs, parents)
    raise ValueError(f"expected a mesh that pairs up to {coarsest} clusters, but {MAX_ORDERS} orders lead to others")


def _ordered(graphs: list[Matrix], parents: list[IndexArray]) -> Clustering:
    """Order every level by the tree of clusters, with fake nodes where a partner is missing."""
    orders = [list(range(len(graphs[-1])))]
    for parent in parents[::-1]:
        orders.insert(0, [child for node in orders[0] for child in _children(node, parent)])
    places = np.full(len(graphs[0]), NO_NODE, np.int32)
    for place, vertex in enumerate(orders[0]):
        if vertex != NO_NODE:
            places[vertex] = place
    return Clustering(tuple(_arranged(*level) for level in zip(graphs, orders, strict=True)), places)


def _children(node: int, parents: IndexArray) -> list[int]:
    children = np.flatnonzero(parents == node).tolist() if node != NO_NODE else []
    return children + [NO_NODE] * (2 - len(children))


def _arranged(weights: Matrix, order: list[int]) -> Matrix:
    """Adjacency in a new order, zero where the order has no node."""
    picks = np.array(order)
    real = picks != NO_NODE
    return weights[np.ix_(picks, picks)] * real[:, None] * real
