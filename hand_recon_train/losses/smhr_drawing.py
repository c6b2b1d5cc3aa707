"""SMHR's second stage: what its hands look like, drawn with the colours and light that it reads, against the picture.

The published silhouette is cut at a threshold and has no gradient; here it is soft.
"""

from __future__ import annotations

import torch
from torch import Tensor

from hand_recon_ros.networks.smhr import PlacedHands, Smhr, project
from hand_recon_ros.networks.smhr_heads import Peaks
from hand_recon_train.batch import Batch
from hand_recon_train.losses.rendering import interpolated, photometric_error, soft_silhouette, visible


def drawn_errors(
    network: Smhr, hands: PlacedHands, patches: Tensor, present: Tensor, batch: Batch, faces: Tensor
) -> tuple[Tensor, Tensor]:
    """Photometric and silhouette errors (B,) of hands (B, K, ...), 0 where a picture has no mask or no hand.

    Args:
        network: whose heads read colours and light.
        hands: as posed.
        patches: (B, K, C * 9) features that the heads read.
        present: (B, K) which hands are drawn.
        batch: pictures and masks.
        faces: (F, 3) of one hand.
    """
    albedo, light = network.appearance(Peaks(present, present, patches))
    colours = network.shading(hands.vertices, albedo, light)
    pairs = [
        _picture_errors(hands.vertices[row, shown], colours[row, shown], batch, row, faces)
        for row, shown in enumerate(present)
    ]
    photometric, silhouette = (torch.stack(column) for column in zip(*pairs, strict=True))
    return photometric, silhouette


def _picture_errors(vertices: Tensor, colours: Tensor, batch: Batch, row: int, faces: Tensor) -> tuple[Tensor, Tensor]:
    """Errors of one picture with hands (K, V, 3)."""
    mask, size = batch.owner[row] > 0, batch.images.shape[1]
    if not len(vertices) or not batch.has_owner[row]:
        return vertices.sum() * 0, vertices.sum() * 0
    starts = torch.arange(len(vertices), device=faces.device) * vertices.shape[1]
    joined = (faces + starts[:, None, None]).flatten(0, 1)
    space = vertices.flatten(0, 1)
    points, depths = project(space, size), space[:, 2]
    seen = visible(points, depths, joined, size)
    shown = interpolated(points, depths, colours.flatten(0, 1), seen)
    picture = batch.images[row, seen.rows, seen.columns].float() / 255
    photometric = photometric_error(shown, picture, mask[seen.rows, seen.columns].float())
    silhouette = (soft_silhouette(points, joined, seen.covered) - mask.float()).abs().mean()
    return photometric, silhouette
