"""What hand benchmarks measure, as functions of tensors: alignments, distances, and shares within a threshold.

Points are (N, K, 3) in metres; known (N, K) flags those whose truth is known.
"""

from __future__ import annotations

import torch
from torch import Tensor

from hand_recon_ros.types import Joint

SMALLEST = 1e-12


def from_root(points: Tensor, root: int = Joint.WRIST) -> Tensor:
    """Points relative to one of them."""
    return points - points[:, root : root + 1]


def root_and_scale_aligned(found: Tensor, truth: Tensor, root: int, end: int) -> Tensor:
    """Found points moved to the true root, and scaled so that the bone from root to end is as long as the true one.

    InterHand's protocol, and that of networks trained on it, has the middle finger's knuckle and the wrist.
    """
    own, true = from_root(found, root), from_root(truth, root)
    lengths = (torch.linalg.vector_norm(points[:, end], dim=-1) for points in (true, own))
    return own * bone_ratio(*lengths)[:, None, None] + truth[:, root : root + 1]


def bone_ratio(true: Tensor, found: Tensor) -> Tensor:
    """Scale (N,) that makes found lengths (N,) true ones."""
    return true / found.clamp(min=SMALLEST)


def similarity(found: Tensor, truth: Tensor, known: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Rotation (N, 3, 3), positive scale (N,) and shift (N, 3) that bring known points nearest to the truth.

    Umeyama, "Least-squares estimation of transformation parameters between two point patterns", 1991: reflections are
    not allowed. Points that all coincide are neither turned nor scaled.
    """
    weight = known.to(found.dtype)[..., None]
    count = weight.sum(1).clamp(min=1)
    middle, goal = ((weight * points).sum(1) / count for points in (found, truth))
    a, b = (weight * (points - centre[:, None]) for points, centre in ((found, middle), (truth, goal)))
    u, spread, vh = torch.linalg.svd(b.mT @ a)
    proper = torch.ones_like(spread)
    proper[:, 2] = torch.linalg.det(u @ vh).sign()
    rotation = (u * proper[:, None]) @ vh
    extent = a.square().sum((1, 2))
    scale = torch.where(extent > SMALLEST, (spread * proper).sum(1) / extent.clamp(min=SMALLEST), 1)
    return rotation, scale, goal - scale[:, None] * (rotation @ middle[..., None]).squeeze(-1)


def similarity_aligned(found: Tensor, truth: Tensor, known: Tensor) -> Tensor:
    """Found points after the similarity transform that brings the known ones nearest to the truth."""
    rotation, scale, shift = similarity(found, truth, known)
    return scale[:, None, None] * found @ rotation.mT + shift[:, None]


def distances(found: Tensor, truth: Tensor) -> Tensor:
    """Euclidean distance (N, K) of each point from its truth."""
    return torch.linalg.vector_norm(found - truth, dim=-1)


def f_scores(found: Tensor, truth: Tensor, threshold: float) -> Tensor:
    """Harmonic mean (N,) of precision and recall of surfaces given by their vertices, at a distance in metres.

    Precision is the share of found vertices with a true one nearer than that, recall the reverse (Knapitsch et al.,
    "Tanks and Temples", 2017, as FreiHAND and HO-3D take it).
    """
    near = torch.cdist(found, truth, compute_mode="donot_use_mm_for_euclid_dist")
    precision, recall = ((near.amin(axis) < threshold).to(found.dtype).mean(1) for axis in (2, 1))
    return 2 * precision * recall / (precision + recall).clamp(min=SMALLEST)


def accelerations(points: Tensor, rate: float) -> Tensor:
    """Accelerations (T - 2, K, 3) in m/s² of points (T, K, 3) in pictures that follow each other at a rate in Hz."""
    return (points[2:] - 2 * points[1:-1] + points[:-2]) * rate**2
