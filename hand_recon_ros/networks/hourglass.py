"""Stacked hourglass network (Newell et al., ECCV 2016, arXiv:1603.06937) with one stack, and its heatmaps."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

JOINTS = 21


class ResidualUnit(nn.Module):
    """Pre-activation bottleneck: normalise, LeakyReLU and convolve three times, beside a shortcut.

    Args:
        norms: names of the three batch normalisations, which published checkpoints number in two ways.
    """

    def __init__(self, channels: int, norms: tuple[str, str, str] = ("bn1", "bn2", "bn3")) -> None:
        super().__init__()
        inner = channels // 2
        self.norms = norms
        for name, width in zip(norms, (channels, inner, inner), strict=True):
            self.add_module(name, nn.BatchNorm2d(width))
        self.conv1 = nn.Conv2d(channels, inner, 1)
        self.conv2 = nn.Conv2d(inner, inner, 3, padding=1)
        self.conv3 = nn.Conv2d(inner, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Map x (B, C, H, W) to the same shape."""
        y = x
        for name, conv in zip(self.norms, (self.conv1, self.conv2, self.conv3), strict=True):
            y = conv(functional.leaky_relu(self.get_submodule(name)(y)))
        return x + y


class Hourglass(nn.Module):
    """Halves a map `depth` times and doubles it back, with a residual unit on every way."""

    def __init__(self, channels: int, depth: int) -> None:
        super().__init__()
        # Level by level from the smallest map: beside, down, up, and at the bottom one between.
        counts = [4 if level == 0 else 3 for level in range(depth)]
        self.hg = nn.ModuleList(
            nn.ModuleList(nn.Sequential(ResidualUnit(channels)) for _ in range(count)) for count in counts
        )

    def ways(self) -> list[list[nn.Module]]:
        """The units of every level, from the smallest map."""
        return [list(level.children()) for level in self.hg]

    def forward(self, x: Tensor) -> Tensor:
        """Map x (B, C, H, W), whose sides 2**depth divides, to the same shape."""
        ways = self.ways()
        beside = []
        for level in reversed(ways):
            beside.append(level[0](x))
            x = level[1](functional.max_pool2d(x, 2))
        x = ways[0][3](x)
        for level in ways:
            x = beside.pop() + functional.interpolate(level[2](x), scale_factor=2, mode="nearest")
        return x


class ConvBlock(nn.Module):
    """Convolution of single pixels, batch normalisation, LeakyReLU."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.block = nn.Sequential(nn.Conv2d(channels, channels, 1), nn.BatchNorm2d(channels), nn.LeakyReLU())

    def forward(self, x: Tensor) -> Tensor:
        """Map x (B, C, H, W) to the same shape."""
        return self.block(x)


class HeatmapHead(nn.Module):
    """One hourglass, and from it a probability map for each joint."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.hg = nn.ModuleList([Hourglass(channels, 4)])
        self.res = nn.ModuleList([nn.Sequential(ResidualUnit(channels))])
        self.fc = nn.ModuleList([ConvBlock(channels)])
        self.score = nn.ModuleList([nn.Conv2d(channels, JOINTS, 1)])
        self.betas = nn.Parameter(torch.ones(JOINTS, 1))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Heatmaps (B, 21, H, W), each of sum one, and the features (B, C, H, W) they were scored from."""
        encoding = self.fc[0](self.res[0](self.hg[0](x)))
        logits = self.score[0](encoding)
        probabilities = torch.softmax(logits.flatten(2) * self.betas, -1)
        return probabilities.view_as(logits), encoding


def soft_argmax(heatmaps: Tensor) -> Tensor:
    """Expected places (B, J, 2), u v as fractions of the map's sides, under heatmaps (B, J, H, W) of sum one.

    A cell stands for its centre (Sun et al., "Integral Human Pose Regression", ECCV 2018).
    """
    across, down = (
        (torch.arange(side, dtype=heatmaps.dtype, device=heatmaps.device) + 0.5) / side
        for side in (heatmaps.shape[-1], heatmaps.shape[-2])
    )
    return torch.stack([heatmaps.sum(-2) @ across, heatmaps.sum(-1) @ down], -1)
