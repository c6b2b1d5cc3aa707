"""Shadows that the key lamps of a batch cast, and how much of its surroundings each vertex sees."""

from __future__ import annotations

import torch

from hand_recon_train.synthetic.device.batch import Meshes
from hand_recon_train.synthetic.device.zbuffer import planes_of, rasterise
from hand_recon_train.synthetic.shadows import FARTHEST, SHADOW_BIAS, SHADOW_SIZE

Tensor = torch.Tensor


def shadow_maps(meshes: Meshes, to_map: Tensor) -> Tensor:
    """Depths (B, S, S) of the far sides that the key lamps see, infinite where there is nothing."""
    placed = on_map(to_map[meshes.picture], meshes.vertices)
    size = SHADOW_SIZE, SHADOW_SIZE
    planes = planes_of(placed[:, :2], FARTHEST - placed[:, 2], meshes.faces, meshes.face_picture, size, facing=-1)
    _, nearness = rasterise(planes, len(to_map), size)
    return torch.where(nearness > 0, FARTHEST - nearness, torch.inf)


def on_map(to_map: Tensor, points: Tensor) -> Tensor:
    """Texels and depths (N, 3) of points (N, 3) by each one's map (N, 3, 4)."""
    return (to_map[:, :, :3] * points[:, None]).sum(dim=2) + to_map[:, :, 3]


def lit_share(place: Tensor, seen: Tensor, picture: Tensor, softness: Tensor) -> Tensor:
    """Share (N,) of the key lamp that arrives at places (N, 3) on the shadow maps (B, S, S) of their pictures (N,).

    softness: (N,) texels between the nine that are looked at.
    """
    size = seen.shape[1]
    texel = (place[:, :2] + 0.5).floor().clamp(-size, 2 * size).long()
    steps = torch.arange(-1, 2, device=place.device) * softness[:, None]
    column, row = texel[:, 0, None, None] + steps[:, None], texel[:, 1, None, None] + steps[:, :, None]
    outside = (row < 0) | (column < 0) | (row >= size) | (column >= size)
    at = (picture[:, None, None] * size + row.clamp(0, size - 1)) * size + column.clamp(0, size - 1)
    lit = outside | (place[:, 2, None, None] <= seen.view(-1)[at] + SHADOW_BIAS)
    return lit.flatten(1).float().mean(dim=1)


def openness(meshes: Meshes) -> Tensor:
    """Share (V,) of the surroundings that the hands' capsules leave open, as capsules.openness."""
    capsules = meshes.capsules[meshes.picture]
    start, bone, radius = capsules[..., :3], capsules[..., 3:6] - capsules[..., :3], capsules[..., 6]
    offset = meshes.vertices.float()[:, None] - start
    along = (offset * bone).sum(dim=2) / ((bone * bone).sum(dim=2) + 1e-12)
    way = along.clamp(0, 1)[..., None] * bone - offset
    squared = (way * way).sum(dim=2)
    above = (way * meshes.normals[:, None]).sum(dim=2) / (squared + 1e-12).sqrt()
    hidden = 0.8 * above.clamp(min=0) * (radius * radius / (squared + 1e-12)).clamp(max=1)
    return torch.where(squared < 25 * radius * radius, 1 - hidden, 1.0).prod(dim=1)
