"""Where the hands are in a map, and heads that are evaluated there only."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from hand_recon_ros.networks.smhr_maps import CHANNELS

CERTAIN = 1e-4
"""Probabilities keep this distance from 0 and 1."""
RARE = -4.59


class Peaks(NamedTuple):
    """The K best local maxima of a map W cells wide, best first.

    Attributes:
        scores: (B, K) probability that a hand's centre is there.
        cells: (B, K, 2) column and row, int64.
        patches: (B, K, C * 9) features of the 3 x 3 cells around.
    """

    scores: Tensor
    cells: Tensor
    patches: Tensor


class Head(nn.Sequential):
    """Two convolutions, of kernels 3 and 1: features (B, 256, H, W) to (B, outputs, H, W)."""

    def __init__(self, outputs: int) -> None:
        super().__init__(nn.Conv2d(CHANNELS, CHANNELS, 3, padding=1), nn.ReLU(), nn.Conv2d(CHANNELS, outputs, 1))

    def at(self, patches: Tensor) -> Tensor:
        """What the head gives in the middle of 3 x 3 cells: patches (..., 256 * 9) to (..., outputs)."""
        hidden = torch.relu(self._linear("0", patches))
        return self._linear("2", hidden)

    def _linear(self, name: str, x: Tensor) -> Tensor:
        """A convolution whose kernel covers all of its input, which is x (..., inputs)."""
        return functional.linear(x, self.get_parameter(f"{name}.weight").flatten(1), self.get_parameter(f"{name}.bias"))


def detector(outputs: int) -> Head:
    """A head for logits of what is rare: it starts at one per cent (Lin et al., "Focal Loss", ICCV 2017)."""
    head = Head(outputs)
    nn.init.constant_(head.get_parameter("2.bias"), RARE)
    return head


def regressor(outputs: int) -> Head:
    """A head for values near zero, where it starts."""
    head = Head(outputs)
    for name, parameter in head.named_parameters():
        nn.init.normal_(parameter, std=0.001 if name.endswith("weight") else 0)
    return head


def probability(logits: Tensor) -> Tensor:
    """Sigmoid in float32 that never reaches 0 or 1."""
    return torch.sigmoid(logits.float()).clamp(CERTAIN, 1 - CERTAIN)


def find_peaks(heatmap: Tensor, features: Tensor, count: int) -> Peaks:
    """The best cells of probabilities (B, 1, W, W) that no other within two cells exceeds, in features (B, C, W, W).

    The number is fixed, so that nothing depends on the data: surplus peaks have low scores.
    """
    highest = functional.max_pool2d(heatmap, 5, stride=1, padding=2)
    kept = torch.where(heatmap == highest, heatmap, 0)
    scores, places = kept.flatten(1).topk(count)
    width = heatmap.shape[-1]
    columns, rows = places % width, torch.div(places, width, rounding_mode="floor")
    return Peaks(scores, torch.stack([columns, rows], -1), patches_at(features, columns, rows))


def patches_at(features: Tensor, columns: Tensor, rows: Tensor) -> Tensor:
    """The 3 x 3 cells around cells (B, K) of features (B, C, W, W), zeros outside: (B, K, C * 9)."""
    width = features.shape[-1] + 2
    step = torch.arange(3, device=features.device)
    around = (step[:, None] * width + step).flatten()
    places = ((rows * width + columns)[..., None] + around).flatten(1)
    bordered = functional.pad(features, (1, 1, 1, 1)).flatten(2)
    cells = bordered.gather(2, places[:, None].expand(-1, features.shape[1], -1))
    return cells.unflatten(2, (-1, 9)).transpose(1, 2).flatten(2)
