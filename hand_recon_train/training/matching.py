"""Which hand that a network gives belongs to which true one."""

from __future__ import annotations

import torch
from torch import Tensor

from hand_recon_ros.networks.live import LiveHands
from hand_recon_train.batch import Batch


def matched(live: LiveHands, batch: Batch) -> LiveHands:
    """The hands in the order of the batch's places.

    Networks that know their places keep them. Those that find hands themselves give each true hand the nearest in the
    picture that is left, nearest pairs first.
    """
    count = live.score.shape[1]
    if count <= 2:
        return live
    order = torch.stack([_nearest(*pair) for pair in zip(_apart(live, batch), batch.present, strict=True)])
    rows = torch.arange(len(order), device=order.device)[:, None]
    return LiveHands(*(output[rows, order] for output in live))


def _apart(live: LiveHands, batch: Batch) -> Tensor:
    """Mean distance (B, true, found) in pixels over the known joints."""
    known = batch.has_pixels.float()[:, :, None]
    away = torch.linalg.vector_norm(batch.joints_2d[:, :, None] - live.pixels[:, None].float(), dim=-1)
    return (away * known).sum(-1) / known.sum(-1).clamp(min=1)


def _nearest(apart: Tensor, present: Tensor) -> Tensor:
    """For each true hand the number of a found one, by distances (true, found)."""
    left = apart.clone()
    left[~present] = torch.finfo(left.dtype).max / 2
    order = torch.zeros(len(apart), dtype=torch.long, device=apart.device)
    for _ in range(len(apart)):
        true, found = divmod(int(left.argmin()), left.shape[1])
        order[true] = found
        left[true], left[:, found] = torch.inf, torch.inf
    return order
