"""The map that SMHR reads hands from: ResNet-50, three of its levels brought to a quarter of the picture, and fused."""

from __future__ import annotations

import torch
import torchvision
from torch import Tensor, nn

CHANNELS = 256
STRIDE = 4


class Stem(nn.Module):
    """Pictures (B, 3, R, R) to (B, 64, R / 2, R / 2), as ResNet begins."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)

    def forward(self, planes: Tensor) -> Tensor:
        """Convolve; see the class for shapes."""
        return torch.relu(self.bn1(self.conv1(planes)))


class PixelNorm(nn.Module):
    """Scales the channels of every pixel to a Euclidean length of one, then by a gain a channel.

    Liu et al., "ParseNet: Looking Wider to See Better", 2015, so that levels of different strength can be joined.
    """

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.full((CHANNELS,), 10.0))

    def forward(self, x: Tensor) -> Tensor:
        """Normalise a map x (B, 256, H, W)."""
        length = torch.linalg.vector_norm(x, dim=1, keepdim=True)
        return x / (length + 1e-10) * self.weight[:, None, None]


class PatchUpsampling(nn.Module):
    """Transposed convolution whose stride is its kernel's size: every pixel becomes a patch, by one product."""

    def __init__(self, inputs: int, outputs: int, size: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(inputs, outputs, size, size))
        self.bias = nn.Parameter(torch.zeros(outputs))
        nn.init.xavier_normal_(self.weight)

    def forward(self, x: Tensor) -> Tensor:
        """Map x (B, inputs, H, W) to (B, outputs, H * size, W * size)."""
        patches = x.permute(0, 2, 3, 1) @ self.weight.flatten(1)
        upsampled = patches.unflatten(3, self.weight.shape[1:]).permute(0, 3, 1, 4, 2, 5)
        return upsampled.flatten(4, 5).flatten(2, 3) + self.bias[:, None, None]


class FusedMap(nn.Module):
    """A stem's map (B, 64, R / 2, R / 2) to features (B, 256, R / 4, R / 4)."""

    def __init__(self) -> None:
        super().__init__()
        resnet = torchvision.models.resnet50()
        self.maxpool = resnet.maxpool
        self.layer1, self.layer2, self.layer3, self.layer4 = resnet.layer1, resnet.layer2, resnet.layer3, resnet.layer4
        self.p3 = nn.ConvTranspose2d(512, CHANNELS, 4, stride=2, padding=1)
        self.p4 = PatchUpsampling(1024, CHANNELS, 4)
        self.p5 = PatchUpsampling(2048, CHANNELS, 8)
        self.p3_l2, self.p4_l2, self.p5_l2 = PixelNorm(), PixelNorm(), PixelNorm()
        self.feat = nn.Conv2d(3 * CHANNELS, CHANNELS, 3, padding=1, bias=False)
        self.feat_bn = nn.BatchNorm2d(CHANNELS, momentum=0.01)

    def forward(self, stem: Tensor) -> Tensor:
        """Fuse; see the class for shapes."""
        c3 = self.layer2(self.layer1(self.maxpool(stem)))
        c4 = self.layer3(c3)
        c5 = self.layer4(c4)
        levels = [self.p3_l2(self.p3(c3)), self.p4_l2(self.p4(c4)), self.p5_l2(self.p5(c5))]
        return torch.relu(self.feat_bn(self.feat(torch.cat(levels, 1))))
