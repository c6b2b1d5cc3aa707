"""Light on surfaces: a key lamp, a fill light at the camera, ambient light and a slight highlight.

Diffuse and specular terms after Blinn, "Models of Light Reflection for Computer Synthesized Pictures", 1977.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from hand_recon_ros.render.rasterizer import Fragments

Floats = npt.NDArray[np.floating]

KEY = np.array([-0.48, -0.70, -0.53], np.float32)
"""Unit direction towards the key lamp in the camera optical frame: above, to the left of and behind the camera."""
AMBIENT, FILL, KEY_STRENGTH, INSIDE = 0.38, 0.38, 0.42, 0.35
SHINE, SHININESS = 0.12, 24
RIM, RIM_WIDTH = 0.45, 0.35
"""Surfaces that turn away from the viewer darken to this share, which draws a soft outline within the silhouette."""


def face_normals(vertices: Floats, faces: npt.NDArray[np.integer]) -> Floats:
    """Outward normals (F, 3) of faces (F, 3), as long as twice their area."""
    corners = vertices[faces]
    return np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])


def vertex_normals(vertices: Floats, faces: npt.NDArray[np.integer]) -> Floats:
    """Unit normals (V, 3): the area-weighted mean of the faces (F, 3) around each vertex; zero where there is none."""
    shared = np.repeat(face_normals(vertices, faces), 3, axis=0)
    sums = [np.bincount(faces.ravel(), shared[:, axis], len(vertices)) for axis in range(3)]
    return _unit(np.stack(sums, axis=1).astype(vertices.dtype))


def interpolate(seen: Fragments, faces: npt.NDArray[np.integer], values: Floats) -> Floats:
    """Values (N, C) at the N covered pixels, row-major, from values (V, C) at the vertices: colours, normals, uv."""
    hit = seen.face >= 0
    corners = values[faces[seen.face[hit]]]
    return np.einsum("nk,nkc->nc", seen.barycentric[hit], corners)


def shade(colours: Floats, normals: Floats, points: Floats, inside: npt.NDArray[np.bool_]) -> Floats:
    """Lit colours (N, 3) of surface points.

    Args:
        colours: (N, 3) reflectance in 0 to 1.
        normals: (N, 3) outward, of any length.
        points: (N, 3) metres in the camera optical frame.
        inside: (N,) where the inner side is seen, as through the open wrist, which is lit faintly.
    """
    normals, view = _unit(normals), _unit(-points)
    fill = (normals * view).sum(axis=1).clip(0)
    lamp = (normals @ KEY).clip(0)
    highlight = (normals * _unit(view + KEY)).sum(axis=1).clip(0) ** SHININESS
    strength = AMBIENT + FILL * fill + KEY_STRENGTH * lamp
    rim = RIM + (1 - RIM) * (fill / RIM_WIDTH).clip(max=1)
    lit = (rim * strength)[:, None] * colours + SHINE * highlight[:, None]
    return np.where(inside[:, None], INSIDE * colours, lit).clip(0, 1)


def _unit(vectors: Floats) -> Floats:
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True).clip(1e-12)
