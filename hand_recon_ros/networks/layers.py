"""Layers that the convolutional networks of this package share."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from hand_recon_ros.networks.intake import Normalisation


class SameConv2d(nn.Conv2d):
    """Convolution of an input whose sides its stride divides: the output has side / stride pixels.

    Zeros are padded as TensorFlow's "SAME" does, the odd one at the right and bottom. PyTorch's own padding is
    symmetric, which shifts every strided layer by half a pixel.
    """

    def __init__(self, inputs: int, outputs: int, size: int, stride: int = 1, groups: int = 1, bias: bool = True):
        before, after = (size - stride) // 2, (size - stride + 1) // 2
        super().__init__(inputs, outputs, size, stride, before if before == after else 0, groups=groups, bias=bias)
        self.border = None if before == after else (before, after, before, after)

    def forward(self, x: Tensor) -> Tensor:
        """Convolve x (B, inputs, H, W)."""
        return super().forward(x if self.border is None else functional.pad(x, self.border))


def depthwise(channels: int, size: int, stride: int = 1, bias: bool = True) -> SameConv2d:
    """One filter a channel."""
    return SameConv2d(channels, channels, size, stride, groups=channels, bias=bias)


def planes_from_bytes(images: Tensor, dtype: torch.dtype) -> Tensor:
    """Images (B, H, W, 3) uint8 as planes (B, 3, H, W) in [0, 1]."""
    return images.permute(0, 3, 1, 2).to(dtype) * (1 / 255)


class Planes(nn.Module):
    """Images (B, H, W, 3) uint8 RGB as planes (B, 3, H, W) in the numbers and the order of colours of a network."""

    mean: Tensor
    deviation: Tensor

    def __init__(self, normalisation: Normalisation) -> None:
        super().__init__()
        self.bgr = normalisation.bgr
        for name in ("mean", "deviation"):
            values = torch.tensor(getattr(normalisation, name)).reshape(3, 1, 1)
            self.register_buffer(name, values, persistent=False)

    def forward(self, images: Tensor) -> Tensor:
        """Normalise, in the precision of this module."""
        ordered = images.flip(-1) if self.bgr else images
        return (planes_from_bytes(ordered, self.mean.dtype) - self.mean) / self.deviation
