"""Where vertices of a batch are on their pictures, through lenses with distortion."""

from __future__ import annotations

import torch

from hand_recon_train.synthetic.views import CLOSEST_POINT, WIDEST_RAY

Tensor = torch.Tensor


def pixels_of(cameras: Tensor, points: Tensor) -> tuple[Tensor, Tensor]:
    """Pixels (V, 2) and nearness 1 / depth (V,), NaN where a point must not be drawn; both float64.

    Args:
        cameras: (V, 9) float64, of each point's picture: fx, fy, cx, cy, k1, k2, p1, p2, k3.
        points: (V, 3) float64, metres.
    """
    x, y, z = points.unbind(dim=1)
    usable = z > CLOSEST_POINT
    depth = torch.where(usable, z, 1.0)
    distorted = (cameras[:, 4:] != 0).any(dim=1)
    usable = usable & (~distorted | (x * x + y * y < (WIDEST_RAY * depth) ** 2))
    rays = torch.stack([x / depth, y / depth], dim=1).where(usable[:, None], 0.0)
    pixels = _through_lens(cameras[:, 4:], rays) * cameras[:, :2] + cameras[:, 2:4]
    return pixels, torch.where(usable, 1 / depth, torch.nan)


def _through_lens(lens: Tensor, rays: Tensor) -> Tensor:
    """Rays (V, 2), as tangents, after distortion (Brown, "Decentering Distortion of Lenses", 1966)."""
    k1, k2, p1, p2, k3 = lens.unbind(dim=1)
    x, y = rays.unbind(dim=1)
    squared = x * x + y * y
    radial = 1 + squared * (k1 + squared * (k2 + squared * k3))
    return torch.stack(
        [
            x * radial + 2 * p1 * x * y + p2 * (squared + 2 * x * x),
            y * radial + p1 * (squared + 2 * y * y) + 2 * p2 * x * y,
        ],
        dim=1,
    )
