"""Meshes of falling resolution with the matrices and spirals that a mesh decoder climbs them by."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from hand_recon_ros.hand_model import HandModel
from hand_recon_ros.hand_model.array_pickle import read_arrays
from hand_recon_ros.networks.mesh_decimation import decimated, upsampling_matrix
from hand_recon_ros.networks.mesh_spirals import mesh_spirals
from hand_recon_ros.types import FloatArray, IndexArray

SIZES = (778, 389, 195, 98, 49)
SPIRAL_LENGTH = 27


@dataclass(frozen=True)
class MeshHierarchy:
    """What the decoder needs of a hand mesh that is halved four times; level 0 is the full mesh.

    Attributes:
        upsampling: four matrices (N_k, N_{k+1}): vertices of level k from those of level k + 1.
        spirals: four tables (N_k, 27): each vertex, then its neighbours ring by ring.

    Raises:
        ValueError: arrays of other shapes, numbers that are not finite, or a spiral that leaves its level.
    """

    upsampling: tuple[FloatArray, ...]
    spirals: tuple[IndexArray, ...]

    def __post_init__(self) -> None:
        shapes = [*(a.shape for a in self.upsampling), *(s.shape for s in self.spirals)]
        expected = [*pairwise(SIZES), *((n, SPIRAL_LENGTH) for n in SIZES[:-1])]
        if shapes != expected:
            raise ValueError(
                f"expected upsampling matrices and spirals of shapes {expected}, got {shapes}; "
                "use the template files published with this network, or a hand model of 778 vertices"
            )
        if not all(np.isfinite(a).all() for a in self.upsampling) or any(
            s.min() < 0 or s.max() >= len(s) for s in self.spirals
        ):
            raise ValueError(
                "expected finite matrices and spirals within their level, got others; copy the files again"
            )


def mesh_hierarchy(hand_model: HandModel) -> MeshHierarchy:
    """Halve a hand model's mesh four times, for a network that is trained anew.

    Published weights need the published hierarchy, which this does not equal: see `load_mesh_hierarchy`.

    Raises:
        ValueError: the mesh has not 778 vertices, or is no oriented manifold.
    """
    vertices, faces = hand_model.template.astype(np.float64), hand_model.faces
    upsampling, spirals = [], []
    for size in SIZES[1:]:
        kept, coarse = decimated(vertices, faces, size)
        spirals.append(mesh_spirals(vertices, faces, SPIRAL_LENGTH))
        upsampling.append(upsampling_matrix(vertices, vertices[kept], coarse))
        vertices, faces = vertices[kept], coarse
    return MeshHierarchy(tuple(upsampling), tuple(spirals))


def load_mesh_hierarchy(path: Path | str) -> MeshHierarchy:
    """The hierarchy in a transform.pkl, as published.

    Raises:
        ValueError: the file is damaged, dangerous, or holds other arrays.
        OSError: it cannot be read.
    """
    arrays = read_arrays(path)

    def level(name: str, k: int) -> npt.NDArray[Any]:
        array = arrays.get(f"{name}.{k}")
        if not isinstance(array, np.ndarray) or array.ndim != 2:
            raise ValueError(f"expected level {k} of {name} in {path}, which lacks it; use the published transform.pkl")
        return array

    levels = range(len(SIZES) - 1)
    spirals = (mesh_spirals(level("vertices", k), level("face", k).astype(np.int32), SPIRAL_LENGTH) for k in levels)
    return MeshHierarchy(tuple(level("up_transform", k).astype(np.float32) for k in levels), tuple(spirals))
