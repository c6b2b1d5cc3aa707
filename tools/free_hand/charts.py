"""Texture coordinates of the mesh, and what its pixels show."""

from __future__ import annotations

import numpy as np
import xatlas

TEXELS_PER_METRE = 1650
PADDING = 3
"""Pixels between charts."""


def unwrap(vertices: np.ndarray, faces: np.ndarray) -> tuple[np.ndarray, tuple[int, int]]:
    """Coordinates (F, 3, 2) of the faces' corners in 0 to 1, and the texture's height and width in pixels."""
    atlas = xatlas.Atlas()
    atlas.add_mesh(vertices, faces.astype(np.uint32))
    packing = xatlas.PackOptions()
    packing.texels_per_unit, packing.padding = TEXELS_PER_METRE, PADDING
    atlas.generate(pack_options=packing)
    owners, corners, uv = atlas[0]
    if not np.array_equal(owners[corners], faces):
        raise ValueError("expected the unwrapped faces in the order given")
    return uv[corners], (atlas.height, atlas.width)


def texels(uv: np.ndarray, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pixels (N, 2) row and column whose centres faces cover, their face (N,) and barycentric coordinates (N, 3)."""
    pixels, owners, shares = [], [], []
    for face, corners in enumerate(uv * size[::-1] - 0.5):
        low, high = np.floor(corners.min(0)).astype(int), np.ceil(corners.max(0)).astype(int)
        grid = np.stack(np.meshgrid(*(np.arange(low[k], high[k] + 1) for k in (0, 1))), axis=-1).reshape(-1, 2)
        system = np.concatenate([corners.T, np.ones((1, 3))])
        inside_of = np.linalg.solve(system, np.column_stack([grid, np.ones(len(grid))]).T).T
        inside = (inside_of > -1e-6).all(1)
        pixels.append(grid[inside][:, ::-1])
        owners.append(np.full(inside.sum(), face))
        shares.append(inside_of[inside])
    return np.concatenate(pixels), np.concatenate(owners), np.concatenate(shares)
