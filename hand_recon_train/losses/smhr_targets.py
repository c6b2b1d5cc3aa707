"""Maps of hand centres that SMHR learns to draw: Gaussians whose width follows from the hand's box (CenterNet)."""

from __future__ import annotations

import torch
from torch import Tensor

from hand_recon_ros.networks.smhr_maps import STRIDE
from hand_recon_train.batch import Batch

OVERLAP = 0.7


def gaussian_radius(height: Tensor, width: Tensor) -> Tensor:
    """Cells (...) by which a centre may be off so that boxes still overlap, for boxes of so many cells.

    As the published code has it, which after CornerNet's first version leaves out a division.
    """
    around, area = height + width, height * width
    cases = (
        (1, around, area * (1 - OVERLAP) / (1 + OVERLAP)),
        (4, 2 * around, (1 - OVERLAP) * area),
        (4 * OVERLAP, -2 * OVERLAP * around, (OVERLAP - 1) * area),
    )
    roots = [(b + (b * b - 4 * a * c).sqrt()) / 2 for a, b, c in cases]
    return torch.stack(roots).amin(0).floor().clamp(min=0)


def gaussians(cells: Tensor, radius: Tensor, present: Tensor, width: int) -> Tensor:
    """Maps (B, K, W, W) with a peak of 1 at cells (B, K, 2), column and row; 0 for hands that are not there."""
    grid = torch.arange(width, device=cells.device)
    sigma = ((2 * radius + 1) / 6)[..., None]
    factors = []
    for place in cells.unbind(-1):
        away = (grid - place[..., None]).abs()
        near = away <= radius[..., None]
        factors.append(torch.where(near, torch.exp(-away.square() / (2 * sigma**2)), 0))
    across, down = factors
    return down[..., :, None] * across[..., None, :] * present[..., None, None]


def centres(batch: Batch, mean: bool) -> tuple[Tensor, Tensor, Tensor]:
    """Cells (B, H, 2) of the hands' centres, the radius (B, H) of their Gaussians, and whether (B, H) they count.

    A centre is the middle of the box around the joints that are in the picture, or with `mean` their mean.
    """
    width = batch.images.shape[1] // STRIDE
    seen = batch.has_pixels & (batch.joints_2d > 0).all(-1) & batch.present[..., None]
    flags = seen[..., None]
    low = torch.where(flags, batch.joints_2d, torch.inf).amin(2)
    high = torch.where(flags, batch.joints_2d, -torch.inf).amax(2)
    middle = torch.where(flags, batch.joints_2d, 0).sum(2) / flags.sum(2).clamp(min=1) if mean else (low + high) / 2
    cells = (middle / STRIDE).nan_to_num().long()
    usable = seen.any(2) & ((cells >= 0) & (cells < width)).all(-1)
    size = ((high - low) / STRIDE).ceil().nan_to_num(0, 0, 0)
    return torch.where(usable[..., None], cells, 0), gaussian_radius(size[..., 1], size[..., 0]), usable
