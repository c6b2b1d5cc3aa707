"""The graphs of two hands that EAA-InterHand's graph convolutions mix features along."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from hand_recon_ros.hand_model import HandModel
from hand_recon_ros.hand_model.array_pickle import read_arrays
from hand_recon_ros.networks.graph_coarsening import Matrix, adjacency, clustered, normalised_laplacian
from hand_recon_ros.types import FloatArray, IndexArray

LEVEL_SIZES = (63, 126, 252)
VERTEX_COUNT = 778
CLUSTERED_COUNT = 1008


@dataclass(frozen=True)
class HandGraph:
    """Laplacians of one hand's mesh and of its three coarsest clusterings.

    Attributes:
        coarse: matrices (63, 63), (126, 126) and (252, 252).
        mesh: (778, 778), vertices in the order of the hand model.
        vertex_clusters: (778,) place of every vertex among the 1008 of the finest clustering, whose fours are the 252.

    Raises:
        ValueError: arrays of other shapes, or numbers that are not finite.
    """

    coarse: tuple[FloatArray, ...]
    mesh: FloatArray
    vertex_clusters: IndexArray

    def __post_init__(self) -> None:
        arrays = [*self.coarse, self.mesh, self.vertex_clusters]
        expected = [*((n, n) for n in LEVEL_SIZES), (VERTEX_COUNT, VERTEX_COUNT), (VERTEX_COUNT,)]
        shapes = [array.shape for array in arrays]
        if shapes != expected or not all(np.isfinite(array).all() for array in arrays):
            raise ValueError(
                f"expected finite graph matrices of shapes {expected}, got {shapes}; "
                "use the graph files published with this network"
            )


@dataclass(frozen=True)
class HandGraphs:
    """Graphs of both hands."""

    left: HandGraph
    right: HandGraph


def scaled_mesh_laplacian(weights: Matrix) -> Matrix:
    """Laplacian with eigenvalues from -1 to 1."""
    laplacian = normalised_laplacian(weights)
    return 2 / _largest_eigenvalue(laplacian) * laplacian - np.eye(len(laplacian))


def scaled_cluster_laplacian(weights: Matrix) -> Matrix:
    """Laplacian as published for clusterings: a quarter of the usual factor, and none for the coarsest."""
    laplacian = normalised_laplacian(weights)
    if len(laplacian) == LEVEL_SIZES[0]:
        return laplacian
    return laplacian / (2 * _largest_eigenvalue(laplacian)) - np.eye(len(laplacian))


def _largest_eigenvalue(symmetric: Matrix) -> float:
    return float(np.linalg.eigvalsh(symmetric)[-1])


def hand_graphs(hand_model: HandModel) -> HandGraphs:
    """Graphs of a hand model's faces, the same for both hands, for a network that is trained anew.

    Published weights need the published graphs, which no mesh leads to: see `load_hand_graphs`.

    Raises:
        ValueError: the mesh has not 778 vertices, or does not pair up.
    """
    if len(hand_model.template) != VERTEX_COUNT:
        raise ValueError(f"expected a hand model of {VERTEX_COUNT} vertices, got {len(hand_model.template)}")
    edges = adjacency(hand_model.faces, VERTEX_COUNT)
    clustering = clustered(edges, LEVEL_SIZES[0])
    coarse = tuple(scaled_cluster_laplacian(w).astype(np.float32) for w in clustering.weights[:1:-1])
    graph = HandGraph(coarse, scaled_mesh_laplacian(edges).astype(np.float32), clustering.places)
    return HandGraphs(graph, graph)


def find_hand_graphs(hand_model: HandModel, mesh_files: Path | None) -> HandGraphs:
    """The published graphs where their folder is given, else those of the hand model's clustered mesh."""
    return hand_graphs(hand_model) if mesh_files is None else load_hand_graphs(mesh_files)


def load_hand_graphs(folder: Path | str) -> HandGraphs:
    """Graphs from graph_left.pkl, graph_right.pkl, mesh_left.pkl and mesh_right.pkl, as published.

    Raises:
        ValueError: a file is damaged, dangerous, or holds other arrays.
        OSError: a file cannot be read.
    """
    return HandGraphs(*(_load_side(Path(folder), side) for side in ("left", "right")))


def _load_side(folder: Path, side: str) -> HandGraph:
    graph, mesh = folder / f"graph_{side}.pkl", folder / f"mesh_{side}.pkl"
    clusterings, finest = read_arrays(graph), read_arrays(mesh)
    coarse = (_array(clusterings, f"coarsen_graphs_L.{level}", graph) for level in (4, 3, 2))
    places = _array(clusterings, "graph_perm_reverse", graph)[:VERTEX_COUNT]
    return HandGraph(
        tuple(matrix.astype(np.float32) for matrix in coarse),
        _array(finest, "mesh_L", mesh).astype(np.float32),
        places.astype(np.int32),
    )


def _array(arrays: dict[str, npt.NDArray[Any] | str], name: str, path: Path) -> npt.NDArray[Any]:
    array = arrays.get(name)
    if not isinstance(array, np.ndarray):
        raise ValueError(f"expected {name} in {path}, which lacks it; use the graph files published with this network")
    return array
