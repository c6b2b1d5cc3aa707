"""Rotations on the device, as `hand_model.rotations` and `pipeline.reconstruction` make them on the host.

Those build their constants from lists at every call, which on CUDA is a copy that waits; here they are made once.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from hand_recon_ros.hand_model.rotations import EYE_4, SKEW, SMALL, TO_PRODUCTS


@dataclass(frozen=True)
class Constants:
    """Tables on one device: eye (3, 3), skew (3, 9), and of quaternions products (9, 16), eye_4 (4, 4), order (4,)."""

    eye: Tensor
    skew: Tensor
    products: Tensor
    eye_4: Tensor
    order: Tensor


def constants(device: torch.device) -> Constants:
    """The tables, float32 but for the order."""
    skew, products, eye_4 = (torch.tensor(t, dtype=torch.float32, device=device) for t in (SKEW, TO_PRODUCTS, EYE_4))
    return Constants(torch.eye(3, device=device), skew, products, eye_4, torch.arange(4, device=device))


def skew_matrices(tables: Constants, vectors: Tensor) -> Tensor:
    """Matrices (..., 3, 3) whose product with b is the cross product of vectors (..., 3) with b."""
    return (vectors @ tables.skew).unflatten(-1, (3, 3))


def axis_angles(tables: Constants, matrices: Tensor) -> Tensor:
    """Axis-angle vectors (..., 3), of length at most pi, of rotations (..., 3, 3); stable at every angle."""
    products = (matrices.flatten(-2) @ tables.products).unflatten(-1, (4, 4)) + tables.eye_4
    best = (products * products).sum(dim=-1).argmax(dim=-1)
    chosen = torch.where((tables.order == best[..., None])[..., None], products, 0.0).sum(dim=-2)
    chosen = torch.where(chosen[..., 3:] < 0, -chosen, chosen)
    imaginary, real = chosen[..., :3], chosen[..., 3:]
    length = (imaginary * imaginary).sum(dim=-1, keepdim=True).sqrt()
    small = length < SMALL * chosen.norm(dim=-1, keepdim=True)
    return imaginary * torch.where(small, 2 / real, 2 * torch.atan2(length, real) / length)


def axis_to_ray(tables: Constants, rays: Tensor) -> Tensor:
    """Smallest rotations (N, 3, 3) from the optical axis to rays (N, 2)."""
    cos = (1 + (rays * rays).sum(dim=1, keepdim=True)).rsqrt()
    cross = torch.cat([-rays[:, 1:], rays[:, :1], torch.zeros_like(cos)], dim=1) * cos
    skew = skew_matrices(tables, cross)
    return tables.eye + skew + skew @ skew / (1 + cos)[..., None]


def small_turns(tables: Constants, vectors: Tensor) -> Tensor:
    """Rotations (N, 3, 3) by small vectors (N, 3): Cayley's map."""
    skew = skew_matrices(tables, vectors / 2)
    share = 2 / (1 + (vectors * vectors).sum(dim=1) / 4)
    return tables.eye + share[:, None, None] * (skew + skew @ skew)
