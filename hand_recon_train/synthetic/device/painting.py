"""Backdrops of a batch as pictures, and the hands' shadows on them."""

from __future__ import annotations

import torch

from hand_recon_train.synthetic.device.batch import Behind
from hand_recon_train.synthetic.device.filters import along_both, enlarging, gaussian, softening
from hand_recon_train.synthetic.device.shadows import lit_share, on_map
from hand_recon_train.synthetic.painting import SHADOW_GRID

Tensor = torch.Tensor


def paint(behind: Behind, size: int) -> Tensor:
    """Backdrops (B, 3, S, S) in 0 to 255."""
    pictures = _cluttered(_enlarged(behind.field, behind.field_cells, size), behind)
    pictures = pictures * _stripes(behind.stripes, size)[:, None]
    pictures = pictures + _enlarged(behind.detail, behind.detail_cells, size)
    pictures = along_both(gaussian(size, behind.blur), pictures)
    if len(behind.photographed):
        shown = behind.photographs.permute(0, 3, 1, 2) * behind.brightness[:, None, None, None]
        pictures[behind.photographed] = shown
    return pictures.clamp(0, 255)


def _enlarged(field: Tensor, cells: Tensor, size: int) -> Tensor:
    """Smooth colours (B, 3, S, S) through those of fields (B, C, C, 3), of which the first cells (B,) count."""
    return along_both(enlarging(size, field.shape[1], field.device)[cells], field.permute(0, 3, 1, 2))


def _cluttered(pictures: Tensor, behind: Behind) -> Tensor:
    shape = behind.clutter.long()
    colours = behind.palette[torch.arange(len(shape), device=shape.device)[:, None, None], shape]
    return torch.where((shape > 0)[:, None], colours.permute(0, 3, 1, 2), pictures)


def _stripes(stripes: Tensor, size: int) -> Tensor:
    """Factors (B, S, S)."""
    way, phase, square, strength = (column[:, None, None] for column in stripes.unbind(dim=1))
    along = torch.arange(size, device=stripes.device) / size
    wave = ((along[:, None] * way.sin() + along * way.cos()) * phase).sin()
    return 1 + strength * torch.where(square > 0, wave.sign(), wave)


def shadow_on_wall(
    cameras: Tensor, wall: Tensor, to_map: Tensor, shadows: Tensor, softness: Tensor, size: int
) -> Tensor:
    """Share (B, S, S) of the key lamp that reaches walls across the views at depths (B,); 1 where that is infinite."""
    cells, near = -(-size // SHADOW_GRID), wall.isfinite()
    at = (torch.arange(cells, device=wall.device, dtype=wall.dtype) + 0.5) * SHADOW_GRID - 0.5
    depth = torch.where(near, wall, 1.0)
    slopes = (at - cameras[:, 2:4, None]) / cameras[:, :2].mean(dim=1)[:, None, None] * depth[:, None, None]
    x, y = slopes[:, 0, None].expand(-1, cells, -1), slopes[:, 1, :, None].expand(-1, -1, cells)
    points = torch.stack([x, y, depth[:, None, None].expand_as(x)], dim=3).reshape(-1, 3)
    picture = torch.arange(len(wall), device=wall.device).repeat_interleave(cells * cells)
    lit = lit_share(on_map(to_map[picture], points), shadows, picture, softness[picture] + 1)
    share = along_both(softening(size, cells, wall.device)[None], lit.view(-1, 1, cells, cells))[:, 0]
    return torch.where(near[:, None, None], share, 1.0)
