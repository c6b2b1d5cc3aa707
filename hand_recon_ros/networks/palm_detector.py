"""Single-shot palm detector of MediaPipe Hands (Zhang et al. 2020, arXiv:2006.10214), a BlazeFace-like network.

An encoder of residual depthwise-separable blocks halves 192 pixels down to 6 cells a side; a decoder adds the encoder's
maps back at 12 and 24 cells (a feature pyramid), and each of those two maps predicts its anchors.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from hand_recon_ros.networks.layers import SameConv2d, depthwise, planes_from_bytes

INPUT_SIZE = 192
ANCHOR_COUNT = 2016
BOX_VALUES = 18


class ResidualBlock(nn.Module):
    """Depthwise and pointwise convolution beside a shortcut, then PReLU (BlazeFace, arXiv:1907.05047, figure 1).

    Where the block halves the map, its shortcut is max-pooled; where it adds channels, they are zeros in the shortcut.
    """

    def __init__(self, inputs: int, outputs: int, stride: int = 1) -> None:
        super().__init__()
        self.depthwise = depthwise(inputs, 5, stride, bias=False)
        self.pointwise = SameConv2d(inputs, outputs, 1)
        self.activation = nn.PReLU(outputs)
        self.stride, self.added = stride, outputs - inputs

    def forward(self, x: Tensor) -> Tensor:
        """Map x (B, inputs, H, W) to (B, outputs, H / stride, W / stride)."""
        shortcut = functional.max_pool2d(x, 2) if self.stride == 2 else x
        if self.added:
            shortcut = functional.pad(shortcut, (0, 0, 0, 0, 0, self.added))
        return self.activation(shortcut + self.pointwise(self.depthwise(x)))


class Stage(nn.Sequential):
    """Four residual blocks, the first of which halves the map."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(ResidualBlock(inputs, outputs, 2), *(ResidualBlock(outputs, outputs) for _ in range(4)))


class Decoder(nn.Module):
    """Double a map, add the encoder's map of that size, refine.

    The pointwise convolution comes before the doubling, a quarter of the work; the two commute.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.pointwise = SameConv2d(inputs, outputs, 1)
        self.activation = nn.PReLU(outputs)
        self.blocks = nn.Sequential(ResidualBlock(outputs, outputs), ResidualBlock(outputs, outputs))

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        """Map x (B, inputs, H, W) and skip (B, outputs, 2H, 2W) to the shape of skip."""
        larger = functional.interpolate(self.pointwise(x), scale_factor=2, mode="bilinear", align_corners=False)
        return self.blocks(skip + self.activation(larger))


class AnchorHead(nn.Module):
    """Score and box values of every anchor of every cell, cells row by row."""

    def __init__(self, inputs: int, anchors: int) -> None:
        super().__init__()
        self.scores = SameConv2d(inputs, anchors, 1)
        self.boxes = SameConv2d(inputs, anchors * BOX_VALUES, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Map x (B, inputs, H, W) to scores (B, anchors * H * W) and boxes (B, anchors * H * W, 18)."""
        scores = self.scores(x).permute(0, 2, 3, 1).flatten(1)
        return scores, self.boxes(x).permute(0, 2, 3, 1).flatten(1).unflatten(1, (-1, BOX_VALUES))


class PalmDetector(nn.Module):
    """Palms in pictures (B, 192, 192, 3), uint8 RGB.

    Returns:
        boxes (B, 2016, 18): box centre u v, box size, and seven keypoints u v (wrist; MCP of index, middle, ring,
            pinky; CMC and MCP of the thumb), in pixels of the input, all but the size relative to the anchor.
        scores (B, 2016): logits that the anchor holds a palm.
        Anchors are the 24 x 24 cells with two anchors each, then the 12 x 12 cells with six, row by row.
    """

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(SameConv2d(3, 32, 5, 2), nn.PReLU(32), *(ResidualBlock(32, 32) for _ in range(4)))
        self.stages = nn.ModuleList(Stage(*widths) for widths in ((32, 64), (64, 128), (128, 256), (256, 256)))
        self.decoder12 = Decoder(256, 256)
        self.head12 = AnchorHead(256, 6)
        self.decoder24 = Decoder(256, 128)
        self.head24 = AnchorHead(128, 2)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Detect; see the class for shapes."""
        x = self.stem(planes_from_bytes(images, self.head24.scores.weight.dtype))
        maps = []
        for stage in self.stages:
            x = stage(x)
            maps.append(x)
        at12 = self.decoder12(maps[3], maps[2])
        at24 = self.decoder24(at12, maps[1])
        (scores24, boxes24), (scores12, boxes12) = self.head24(at24), self.head12(at12)
        return torch.cat([boxes24, boxes12], 1), torch.cat([scores24, scores12], 1)
