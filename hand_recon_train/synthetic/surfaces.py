"""What a picture is made of: coloured meshes, and all of them as one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from hand_recon_train.synthetic.compiled import compiled

Array = npt.NDArray[np.floating]
Indices = npt.NDArray[np.integer]

SKIN, CLOTH, PLASTIC, METAL, GLOSSY = range(5)
"""Materials."""


@dataclass(frozen=True)
class Surface:
    """One mesh.

    Attributes:
        vertices: (V, 3) metres. faces: (F, 3) outward winding.
        colours: (3,) or (V, 3) linear reflectance in 0 to 1.
        material: one of the constants above.
        owner: which of at most two hands' skin this is, 1 or 2; 0 for everything that is no labelled skin.
        uv: (F, 3, 2) texture coordinates of skin, where it has some.
    """

    vertices: Array
    faces: Indices
    colours: Array
    material: int
    owner: int = 0
    uv: Array | None = None

    def moved(self, turn: Array, shift: Array) -> Surface:
        """The surface after x -> turn x + shift."""
        return replace(self, vertices=self.vertices @ turn.T + shift)


class Scene(NamedTuple):
    """All surfaces as one mesh: V vertices and F faces.

    vertices: (V, 3). normals: (V, 3) unit. colours: (V, 3). faces: (F, 3). material: (F,). owner: (F,).
    uv: (F, 3, 2), NaN for faces without texture.
    """

    vertices: Array
    normals: Array
    colours: Array
    faces: Indices
    material: Indices
    owner: Indices
    uv: Array


def merged(surfaces: Sequence[Surface]) -> Scene:
    """The surfaces as one mesh."""
    starts = np.cumsum([0, *(len(surface.vertices) for surface in surfaces[:-1])])
    counts = [len(surface.faces) for surface in surfaces]
    vertices = np.concatenate([surface.vertices for surface in surfaces])
    faces = np.concatenate([s.faces + start for s, start in zip(surfaces, starts, strict=True)]).astype(np.int32)
    colours = [np.broadcast_to(surface.colours, surface.vertices.shape) for surface in surfaces]
    no_texture = np.full((1, 3, 2), np.nan)
    uv = [s.uv if s.uv is not None else np.broadcast_to(no_texture, (len(s.faces), 3, 2)) for s in surfaces]
    return Scene(
        vertices,
        normals_of(vertices, faces),
        np.concatenate(colours).astype(np.float32),
        faces,
        np.repeat([surface.material for surface in surfaces], counts).astype(np.int32),
        np.repeat([surface.owner for surface in surfaces], counts).astype(np.int32),
        np.concatenate(uv).astype(np.float32),
    )


def normals_of(vertices: Array, faces: Indices) -> Array:
    """Unit normals (V, 3), weighted by the areas of the faces around."""
    return np.asarray(_normals(np.ascontiguousarray(vertices, np.float64), faces))


@compiled
def _normals(vertices: Array, faces: Indices) -> Array:
    normals = np.zeros(vertices.shape)
    for f in range(len(faces)):
        a, b, c = vertices[faces[f, 0]], vertices[faces[f, 1]], vertices[faces[f, 2]]
        x = (b[1] - a[1]) * (c[2] - a[2]) - (b[2] - a[2]) * (c[1] - a[1])
        y = (b[2] - a[2]) * (c[0] - a[0]) - (b[0] - a[0]) * (c[2] - a[2])
        z = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
        for k in range(3):
            v = faces[f, k]
            normals[v, 0] += x
            normals[v, 1] += y
            normals[v, 2] += z
    for v in range(len(normals)):
        length = np.sqrt(normals[v, 0] ** 2 + normals[v, 1] ** 2 + normals[v, 2] ** 2)
        if length > 0:
            normals[v] /= length
    return normals
