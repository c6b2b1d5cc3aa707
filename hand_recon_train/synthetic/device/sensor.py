"""Movement, focus, vignetting and noise on a batch."""

from __future__ import annotations

import torch

from hand_recon_train.synthetic.device.batch import Sensing
from hand_recon_train.synthetic.device.filters import along_both, gaussian, streaked
from hand_recon_train.synthetic.device.noise import noise

Tensor = torch.Tensor


def exposed(pictures: Tensor, sensing: Sensing) -> Tensor:
    """Pictures (B, 3, S, S) in 0 to 255 as the sensors read them, uint8 (B, S, S, 3)."""
    size = pictures.shape[-1]
    if len(sensing.moving):
        pictures = pictures.index_copy(0, sensing.moving, streaked(pictures[sensing.moving], sensing.streaks))
    pictures = along_both(gaussian(size, sensing.softness), pictures)
    along = torch.linspace(-1, 1, size, device=pictures.device) ** 2
    lost = sensing.vignette[:, None, None] * (along[:, None] + along) / 2
    return _read_out((pictures * (1 - lost)[:, None]).permute(0, 2, 3, 1), sensing)


def _read_out(pictures: Tensor, sensing: Sensing) -> Tensor:
    """Bytes, with noise that grows with light."""
    value = pictures.clamp(0, 255)
    chance = noise(sensing.seed, value[0].numel()).view(value.shape)
    read, shot = sensing.noise.float()[..., None, None, None].unbind(dim=1)
    return (value + (read + shot * value / 255) * chance + 0.5).clamp(0, 255).to(torch.uint8)
