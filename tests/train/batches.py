"""Batches of random posed hands, whose truth is consistent, for losses and training steps."""

from __future__ import annotations

import torch

from hand_recon_ros.hand_model import load_free_hand
from hand_recon_ros.hand_model.layer import HandLayer
from hand_recon_ros.types import Side
from hand_recon_train.batch import Batch


def random_batch(count: int = 2, sides: tuple[bool, ...] = (True,), size: int = 224, seed: int = 0) -> Batch:
    """Hands half a metre away seen by a camera with a focal length of one and a half pictures; sides are True right."""
    generator = torch.Generator().manual_seed(seed)
    layers = {True: HandLayer(load_free_hand(Side.RIGHT)), False: HandLayer(load_free_hand(Side.LEFT))}
    pose = 0.2 * torch.randn(count, len(sides), 16, 3, generator=generator)
    betas = 0.3 * torch.randn(count, len(sides), 10, generator=generator)
    posed = [layers[side](pose[:, k].flatten(1), betas[:, k]) for k, side in enumerate(sides)]
    shift = torch.stack([torch.tensor([0.06 * k - 0.03 * (len(sides) - 1), 0.0, 0.5]) for k in range(len(sides))])
    vertices, joints = (torch.stack(parts, 1) for parts in zip(*posed, strict=True))
    middle = joints.mean(2, keepdim=True)
    vertices, joints = vertices - middle + shift[:, None], joints - middle + shift[:, None]
    flags = torch.ones(count, len(sides), dtype=torch.bool)

    def pixels(points):
        return 1.5 * size * points[..., :2] / points[..., 2:] + (size - 1) / 2

    return Batch(
        images=torch.randint(0, 256, (count, size, size, 3), generator=generator, dtype=torch.uint8),
        right=torch.tensor(sides).expand(count, -1),
        present=flags,
        vertices=vertices,
        has_vertices=flags,
        joints=joints,
        has_joints=flags[..., None].expand(-1, -1, 21),
        vertices_2d=pixels(vertices),
        has_places=flags,
        joints_2d=pixels(joints),
        has_pixels=flags[..., None].expand(-1, -1, 21),
        pose=pose,
        betas=betas,
        has_pose=flags,
        owner=torch.zeros(count, size, size, dtype=torch.uint8),
        has_owner=flags[:, 0],
        number=torch.arange(count),
    )
