"""Plain solids: tubes along a line, turned profiles, boxes."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.floating]
Indices = npt.NDArray[np.integer]
Mesh = tuple[Array, Indices]

AROUND = 20
"""Corners of round sections."""


def tube(rings: Array, closed: bool = True) -> Mesh:
    """The surface over rings (R, N, 3), each counter-clockwise as seen from the end of the tube, with its end discs."""
    count, around = rings.shape[:2]
    faces = _tube_faces(count, around, closed)
    if not closed:
        return rings.reshape(-1, 3), faces
    return np.concatenate([rings.reshape(-1, 3), rings[[0, -1]].mean(axis=1)]), faces


@lru_cache(maxsize=64)
def _tube_faces(count: int, around: int, closed: bool) -> Indices:
    a = np.arange(around)
    b = (a + 1) % around
    strip = np.concatenate([np.stack([a, b, a + around], axis=1), np.stack([b, b + around, a + around], axis=1)])
    faces = [strip + around * k for k in range(count - 1)]
    if closed:
        first, last = count * around, count * around + 1
        top = (count - 1) * around
        faces += [np.stack([b, a, np.full(around, first)], axis=1)]
        faces += [np.stack([a + top, b + top, np.full(around, last)], axis=1)]
    return np.concatenate(faces)


def turned(profile: list[tuple[float, float]], around: int = AROUND) -> Mesh:
    """A solid of revolution about z from its profile, (radius, z) upwards."""
    radius, height = np.array(profile).T
    circle = _circle(around)
    rings = np.concatenate(
        [radius[:, None, None] * circle, np.broadcast_to(height[:, None, None], (len(radius), around, 1))], axis=2
    )
    return tube(rings)


def sphere(radius: float, around: int = AROUND) -> Mesh:
    """A ball about the origin."""
    angle = np.linspace(-np.pi / 2, np.pi / 2, around // 2 + 1)[1:-1]
    return turned([(radius * np.cos(a), radius * np.sin(a)) for a in angle.tolist()], around)


def cylinder(radius: float, length: float, around: int = AROUND) -> Mesh:
    """A cylinder along z about the origin, its edges slightly broken."""
    edge = min(0.06 * length, 0.12 * radius)
    half = length / 2
    walls = np.linspace(-half + edge, half - edge, 7).tolist()
    ends = (radius - edge, -half), (radius - edge, half)
    return turned([ends[0], *((radius, z) for z in walls), ends[1]], around)


@lru_cache(maxsize=2)
def _grid_faces(cells: int) -> Indices:
    k = np.arange((cells + 1) ** 2).reshape(cells + 1, cells + 1)
    a, b, c, d = k[:-1, :-1].ravel(), k[1:, :-1].ravel(), k[1:, 1:].ravel(), k[:-1, 1:].ravel()
    return np.concatenate([np.stack([a, b, c], axis=1), np.stack([a, c, d], axis=1)])


def box(size: tuple[float, float, float], cells: int = 4) -> Mesh:
    """A box about the origin; each side a grid, so that lens distortion may bend it."""
    u, v = np.meshgrid(np.linspace(-0.5, 0.5, cells + 1), np.linspace(-0.5, 0.5, cells + 1), indexing="ij")
    sides: list[Array] = []
    faces: list[Indices] = []
    for axis in range(3):
        for sign in (-0.5, 0.5):
            side = np.empty((u.size, 3))
            side[:, axis] = sign
            side[:, (axis + 1) % 3], side[:, (axis + 2) % 3] = u.ravel(), v.ravel()
            order = slice(None) if sign > 0 else slice(None, None, -1)
            faces.append(_grid_faces(cells)[:, order] + u.size * len(sides))
            sides.append(side * size)
    return np.concatenate(sides), np.concatenate(faces)


def joined(*meshes: Mesh) -> Mesh:
    """Several meshes as one."""
    starts = np.cumsum([0, *(len(vertices) for vertices, _ in meshes[:-1])])
    faces = [faces + start for (_, faces), start in zip(meshes, starts, strict=True)]
    return np.concatenate([vertices for vertices, _ in meshes]), np.concatenate(faces)


def shifted(mesh: Mesh, *shift: float) -> Mesh:
    """The mesh elsewhere."""
    return mesh[0] + np.array(shift), mesh[1]


def basis_along(axis: Array, hint: Array) -> Array:
    """A rotation (3, 3) whose columns are x near a hint, y, and z along an axis."""
    z = axis / np.linalg.norm(axis)
    x = hint - (hint @ z) * z
    if np.linalg.norm(x) < 1e-6:
        x = np.eye(3)[np.abs(z).argmin()] - z[np.abs(z).argmin()] * z
    x = x / np.linalg.norm(x)
    return np.stack([x, np.cross(z, x), z], axis=1)


@lru_cache(maxsize=8)
def _circle(around: int) -> Array:
    angle = np.linspace(0, 2 * np.pi, around, endpoint=False)
    return np.stack([np.cos(angle), np.sin(angle)], axis=1)
