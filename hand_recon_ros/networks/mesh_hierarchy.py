"""Meshes of falling resolution with the matrices and spirals that a mesh decoder climbs them by."""

from __future__ import annotations

from dataclasses import dataclass

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
        ValueError: arrays of other shapes, or a spiral that leaves its level.
    """

    upsampling: tuple[FloatArray, ...]
    spirals: tuple[IndexArray, ...]

    def __post_init__(self) -> None:
        shapes = [*(a.shape for a in self.upsampling), *(s.shape for s in self.spirals)]
        pairs = [*zip(SIZES, SIZES[1:], strict=False), *((n, SPIRAL_LENGTH) for n in SIZES[:-1])]
        if shapes != pairs:
            raise ValueError(
                f"expected upsampling matrices and spirals of shapes {pairs}, got {shapes}; "
                "use the template files of this network or a hand model of 778 vertices"
            )
        if any(s.min() < 0 or s.max() >= len(s) for s in self.spirals):
            raise ValueError("expected spirals of vertices of their own level, got others; use undamaged files")
