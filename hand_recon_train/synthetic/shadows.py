"""Shadows that the key lamp casts: what it sees, and how much of it arrives at a place."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from hand_recon_train.synthetic.compiled import compiled
from hand_recon_train.synthetic.lamps import Light
from hand_recon_train.synthetic.samples import NORMAL
from hand_recon_train.synthetic.surfaces import Scene
from hand_recon_train.synthetic.zbuffer import rasterise

Array = npt.NDArray[Any]
Triple = tuple[float, float, float]

SHADOW_SIZE = 160
FARTHEST = 1e3
"""Metres from which depths on the map are counted back; the least number counts as nothing there."""
SHADOW_BIAS = 0.0015
"""Metres by which something must be nearer to the lamp to cast a shadow."""


def shadow_map(scene: Scene, light: Light) -> tuple[Array, Array]:
    """What the key lamp sees: depths (S, S) of the far sides, and the map (3, 4) from points to texel and depth.

    Far sides, because a surface then does not shade itself by rounding.
    """
    placed, to_map = seen_by_lamp(scene, light)
    _, nearness = rasterise(placed[:, :2], FARTHEST - placed[:, 2], scene.faces, (SHADOW_SIZE, SHADOW_SIZE), -1)
    return np.where(nearness > 0, FARTHEST - nearness, np.inf).astype(np.float32), to_map


def seen_by_lamp(scene: Scene, light: Light) -> tuple[Array, Array]:
    """The vertices' texels and depths (V, 3) on the shadow map, and the map (3, 4) that takes points there."""
    z = -light.key
    x = np.cross(z, np.eye(3)[np.abs(z).argmin()])
    x /= np.linalg.norm(x)
    axes = np.stack([x, np.cross(z, x), z])
    seen = scene.vertices @ axes.T
    low, high = seen.min(axis=0), seen.max(axis=0)
    scale = (SHADOW_SIZE - 5) / max(float((high - low)[:2].max()), 1e-6)
    shift = np.array([2 - scale * low[0], 2 - scale * low[1], 1 - low[2]])
    return seen * (scale, scale, 1) + shift, np.column_stack([axes * np.array([scale, scale, 1])[:, None], shift])


@compiled
def on_map(to_map: Array, p: Triple) -> Triple:
    """Texel and depth of a point on the shadow map."""
    return (
        to_map[0, 0] * p[0] + to_map[0, 1] * p[1] + to_map[0, 2] * p[2] + to_map[0, 3],
        to_map[1, 0] * p[0] + to_map[1, 1] * p[1] + to_map[1, 2] * p[2] + to_map[1, 3],
        to_map[2, 0] * p[0] + to_map[2, 1] * p[1] + to_map[2, 2] * p[2] + to_map[2, 3],
    )


@compiled
def lit_share(x: float, y: float, depth: float, seen: Array, softness: int) -> float:
    """Share of the key lamp that arrives at a point of the shadow map."""
    size = seen.shape[0]
    lit = 0
    left, top = int(np.floor(x + 0.5)), int(np.floor(y + 0.5))
    for i in range(-1, 2):
        row = top + i * softness
        for j in range(-1, 2):
            column = left + j * softness
            if row < 0 or column < 0 or row >= size or column >= size or depth <= seen[row, column] + SHADOW_BIAS:
                lit += 1
    return lit / 9


@compiled
def lit_shares(surface: Array, key: Array, seen: Array, to_map: Array, softness: int) -> Array:
    """Share (N,) of the key lamp that reaches the places."""
    out = np.zeros(len(surface))
    for k in range(len(surface)):
        if surface[k, NORMAL] * key[0] + surface[k, NORMAL + 1] * key[1] + surface[k, NORMAL + 2] * key[2] > -0.45:
            x, y, depth = on_map(to_map, (surface[k, 0], surface[k, 1], surface[k, 2]))
            out[k] = lit_share(x, y, depth, seen, softness)
    return out
