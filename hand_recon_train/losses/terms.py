"""Distances between what a network says and the truth; what is not known counts neither for nor against.

Every mean is over the known entries only, and is 0 with a gradient of 0 where nothing is known.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from hand_recon_ros.types import BONES

SHORTEST = 1e-8
"""Metres under which an edge has no direction."""


def full_precision(like: Tensor) -> torch.autocast:
    """Where truth and terms are computed: outside of the mixed precision of a network on a tensor's device."""
    return torch.autocast(like.device.type, enabled=False)


def known_mean(values: Tensor, known: Tensor) -> Tensor:
    """Mean of values (B, ..., X) whose leading dimensions known (B, ...) flags."""
    flags = known.reshape(*known.shape, *[1] * (values.ndim - known.ndim)).expand_as(values)
    return torch.where(flags, values, 0).sum() / flags.sum().clamp(min=1)


def l1(found: Tensor, truth: Tensor, known: Tensor) -> Tensor:
    """Mean absolute difference."""
    return known_mean((found - truth).abs(), known)


def mse(found: Tensor, truth: Tensor, known: Tensor) -> Tensor:
    """Mean squared difference."""
    return known_mean((found - truth).square(), known)


def smooth_l1(found: Tensor, truth: Tensor, known: Tensor, beta: float) -> Tensor:
    """Mean of a difference that is squared below beta and absolute above (Girshick, "Fast R-CNN", 2015)."""
    return known_mean(functional.smooth_l1_loss(found, truth, reduction="none", beta=beta), known)


def edges(vertices: Tensor, faces: Tensor) -> Tensor:
    """The three edges (..., F, 3, 3) of each face (F, 3) of a mesh (..., V, 3)."""
    corners = vertices[..., faces, :]
    return corners.roll(-1, -2) - corners


def edge_error(found: Tensor, truth: Tensor, faces: Tensor, known: Tensor) -> Tensor:
    """Mean difference of the lengths of all faces' edges; meshes (B, ..., V, 3)."""
    own, true = (torch.linalg.vector_norm(edges(mesh, faces), dim=-1) for mesh in (found, truth))
    return l1(own, true, known)


def normal_error(found: Tensor, truth: Tensor, faces: Tensor, known: Tensor) -> Tensor:
    """Mean absolute cosine between the found edges of a face and its true normal (Pixel2Mesh, Wang et al. 2018)."""
    own = functional.normalize(edges(found, faces), dim=-1, eps=SHORTEST)
    first, second, _ = functional.normalize(edges(truth, faces), dim=-1, eps=SHORTEST).unbind(-2)
    normal = functional.normalize(torch.linalg.cross(first, second), dim=-1, eps=SHORTEST)
    return known_mean((own * normal[..., None, :]).sum(-1).abs(), known)


def bone_direction_error(found: Tensor, truth: Tensor) -> Tensor:
    """Mean over the 20 bones of the squared distance between unit directions (...); joints (..., 21, 2) in pixels."""
    return (_directions(found) - _directions(truth)).square().sum(-1).mean(-1)


def _directions(joints: Tensor) -> Tensor:
    parents, children = zip(*BONES, strict=True)
    bones = joints[..., list(children), :] - joints[..., list(parents), :]
    return bones / (bones.square().sum(-1, keepdim=True) + 1e-4).sqrt()


def focal(probability: Tensor, target: Tensor) -> Tensor:
    """Penalty-reduced focal loss (B,) of maps (B, C, W, W), by the number of peaks (Law and Deng, "CornerNet", 2018).

    A peak is where the target is 1. A picture without any is divided by 1: the published code divides by 0 there.
    """
    peak = target == 1
    hit = (1 - probability).square() * probability.log()
    miss = (1 - target) ** 4 * probability.square() * (1 - probability).log()
    total = -torch.where(peak, hit, miss).flatten(1).sum(1)
    return total / peak.flatten(1).sum(1).clamp(min=1)
