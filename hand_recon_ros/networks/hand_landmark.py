"""Hand landmark network of MediaPipe Hands (Zhang et al. 2020, arXiv:2006.10214).

The trunk has the layout of EfficientNet-B0 (Tan and Le 2019, arXiv:1905.11946, table 1) without its attention; two sets
of widths make the full and the lite network. Four linear heads read the pooled features.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from hand_recon_ros.networks.layers import SameConv2d, depthwise, planes_from_bytes

INPUT_SIZE = 224
LANDMARK_COUNT = 21
FULL_WIDTHS = (16, 24, 40, 80, 112, 192)
LITE_WIDTHS = (16, 16, 24, 48, 64, 112)


class BlockRow(NamedTuple):
    """Inverted residual blocks of one width: only the first of them strides."""

    kernel: int
    stride: int
    repeats: int


ROWS = (BlockRow(3, 2, 2), BlockRow(5, 2, 2), BlockRow(3, 2, 3), BlockRow(5, 1, 3), BlockRow(5, 2, 4))
EXPANSION, FIRST_EXPANSION = 6, 4


def expand(inputs: int, factor: int, kernel: int, stride: int) -> list[nn.Module]:
    """Pointwise convolution to factor times the channels, then a depthwise one, each with ReLU6."""
    channels = inputs * factor
    return [SameConv2d(inputs, channels, 1), nn.ReLU6(), depthwise(channels, kernel, stride), nn.ReLU6()]


class InvertedResidual(nn.Module):
    """Expand, filter, project (MobileNetV2, arXiv:1801.04381, figure 3d), with a shortcut where the width stays.

    The shortcut of a block that halves the map is max-pooled.
    """

    def __init__(self, inputs: int, outputs: int, factor: int, kernel: int, stride: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(*expand(inputs, factor, kernel, stride), SameConv2d(inputs * factor, outputs, 1))
        self.has_shortcut, self.stride = inputs == outputs, stride

    def forward(self, x: Tensor) -> Tensor:
        """Map x (B, inputs, H, W) to (B, outputs, H / stride, W / stride)."""
        y = self.layers(x)
        if not self.has_shortcut:
            return y
        return y + (functional.max_pool2d(x, 2) if self.stride == 2 else x)


def trunk(widths: tuple[int, ...]) -> nn.Sequential:
    """Layers from planes (B, 3, 224, 224) to features (B, 6 * widths[-1], 7, 7)."""
    stem: list[nn.Module] = [SameConv2d(3, 24, 3, 2), nn.ReLU6(), depthwise(24, 3), nn.ReLU6()]
    blocks: list[nn.Module] = [SameConv2d(24, widths[0], 1)]
    inputs, factor = widths[0], FIRST_EXPANSION
    for width, row in zip(widths[1:], ROWS, strict=True):
        for k in range(row.repeats):
            blocks.append(InvertedResidual(inputs, width, factor, row.kernel, row.stride if k == 0 else 1))
            inputs, factor = width, EXPANSION
    return nn.Sequential(*stem, *blocks, *expand(inputs, EXPANSION, 3, 1))


class HandLandmark(nn.Module):
    """21 landmarks of the hand in each crop (B, 224, 224, 3), uint8 RGB.

    The crop should hold the hand upright (wrist below, fingers up), about 2.6 palm lengths wide.

    Returns:
        landmarks (B, 21, 3): u v in pixels of the crop and depth relative to the wrist in the same unit, away from the
            camera positive; in the order of `Joint`.
        presence (B,): probability that the crop shows a hand.
        right (B,): probability that it is a right hand, for a crop that is not mirrored.
        world (B, 21, 3): metres, crop axes (x right, y down, z away), origin at the hand's middle.
    """

    def __init__(self, widths: tuple[int, ...]) -> None:
        super().__init__()
        self.trunk = trunk(widths)
        features = EXPANSION * widths[-1]
        self.side = nn.Linear(features, 1)
        self.presence = nn.Linear(features, 1)
        self.landmarks = nn.Linear(features, 3 * LANDMARK_COUNT)
        self.world = nn.Linear(features, 3 * LANDMARK_COUNT)

    def forward(self, crops: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Find the landmarks; see the class for shapes."""
        return self.read(self.trunk(planes_from_bytes(crops, self.side.weight.dtype)).mean((2, 3)))

    def read(self, features: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """What the heads give for pooled features (B, 6 * widths[-1])."""
        landmarks = self.landmarks(features).unflatten(1, (LANDMARK_COUNT, 3))
        presence = torch.sigmoid(self.presence(features)).squeeze(1)
        right = torch.sigmoid(self.side(features)).squeeze(1)
        return landmarks, presence, right, self.world(features).unflatten(1, (LANDMARK_COUNT, 3))


def hand_landmark_full() -> HandLandmark:
    """The exact one: 2.7 million weights."""
    return HandLandmark(FULL_WIDTHS)


def hand_landmark_lite() -> HandLandmark:
    """The fast one: 1 million weights, half the time."""
    return HandLandmark(LITE_WIDTHS)
