"""Where in front of the camera a hand of known size and pose stands, by the rays of its points."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.floating]
Groups = npt.NDArray[np.intp]

MIN_DISTANCE, USUAL_DISTANCE = 0.05, 0.3
"""Metres from the camera: less cannot be, and where a hand is put when its points say so all the same."""


def translations_onto_rays(
    points: Array, rays: Array, groups: Groups | None = None, nearest: Array | None = None
) -> Array:
    """Translations (N, 3) that bring points (N, L, 3) onto rays (N, L, 2), x/z and y/z, in the least-squares sense.

    Args:
        points: metres in the camera's axes.
        rays: of the same points, undistorted.
        groups: (N,) numbers: rows of one number share their origin, and so get one translation; None: none do.
        nearest: (N,) z that must come to lie before the camera; None takes that of the origin.
    """
    numbers, groups = np.unique(np.arange(len(points)) if groups is None else groups, return_inverse=True)
    count = len(numbers)
    normal, wanted = _normal_equations(points, rays)
    found = np.linalg.solve(_summed(normal, groups, count), _summed(wanted, groups, count))[..., 0]
    rows = _summed(np.ones((len(points), 1)), groups, count)
    middle = np.append(_summed(rays.mean(axis=1), groups, count) / rows, np.ones((count, 1)), axis=1)
    foremost = np.zeros((count, 1)) if nearest is None else _least(nearest, groups, count)
    usual = (USUAL_DISTANCE - foremost) * middle
    return np.where(found[:, 2:] + foremost > MIN_DISTANCE, found, usual)[groups]


def translations_by_size(points: Array, rays: Array) -> Array:
    """Translations (N, 3) that bring points (N, L, 3) to where they look as large as their rays (N, L, 2).

    Least squares put a hand of a wrong shape too near, as there its errors are small; its size does not. For hands
    that are fitted afterwards: points are taken to be far away compared with their depth.
    """
    middle, ahead = points.mean(axis=1, keepdims=True), rays.mean(axis=1, keepdims=True)
    form = points - middle
    across = form[..., :2] - ahead * form[..., 2:]
    size, seen = (np.sqrt((values**2).sum(axis=(1, 2))) for values in (across, rays - ahead))
    away = (size / seen.clip(1e-6)).clip(MIN_DISTANCE)[:, None]
    sideways = (rays * (away[:, :, None] + form[..., 2:]) - form[..., :2]).mean(axis=1)
    return np.concatenate([sideways, away], axis=1) - middle[:, 0]


def _normal_equations(points: Array, rays: Array) -> tuple[Array, Array]:
    """What x + t_x = u (z + t_z), and the same for y, comes to for each row: (N, 3, 3) and (N, 3, 1)."""
    eye = np.broadcast_to(np.eye(2), (*rays.shape[:2], 2, 2))
    system = np.concatenate([eye, -rays[..., None]], axis=-1).reshape(len(rays), -1, 3)
    wanted = (rays * points[..., 2:] - points[..., :2]).reshape(len(rays), -1, 1)
    transposed = np.swapaxes(system, 1, 2)
    # The ridge only matters when all rays agree, which no hand's do.
    return transposed @ system + 1e-9 * np.eye(3), transposed @ wanted


def _summed(rows: Array, groups: Groups, count: int) -> Array:
    total = np.zeros((count, *rows.shape[1:]))
    np.add.at(total, groups, rows)
    return total


def _least(rows: Array, groups: Groups, count: int) -> Array:
    least = np.full(count, np.inf)
    np.minimum.at(least, groups, rows)
    return least[:, None]
