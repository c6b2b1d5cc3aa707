"""Map features of the released EAA-InterHand: ResNet-50, then three decoders for joint, surface and mask maps.

The maps themselves are for training; hands come from the decoders' features, fused and sampled where the mask features
have their centres.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional
from torchvision.models import resnet50

CHANNELS, FUSED = 128, 256
DEPTHS = (2, 3, 4, 5)
"""Depthwise convolutions in the blocks at 8, 16, 32 and 64 pixels a side."""
JOINT_MAPS, DENSE_MAPS, MASK_MAPS = 42, 6, 2


class DepthwiseStep(nn.Sequential):
    """Depthwise convolution, normalisation, GELU, added to its input."""

    def __init__(self, channels: int) -> None:
        convolution = nn.Conv2d(channels, channels, 3, padding=1, groups=channels)
        super().__init__(convolution, nn.BatchNorm2d(channels), nn.GELU())

    def forward(self, x: Tensor) -> Tensor:
        """Filter x (B, C, H, W)."""
        return x + super().forward(x)


class MapBlock(nn.Module):
    """A chain of depthwise convolutions between two pointwise ones, beside a pointwise shortcut."""

    def __init__(self, inputs: int, depth: int) -> None:
        super().__init__()
        hidden = inputs // 4
        self.pw1, self.norm1 = nn.Conv2d(inputs, hidden, 1), nn.BatchNorm2d(hidden)
        self.dw = nn.Sequential(*(DepthwiseStep(hidden) for _ in range(depth)))
        self.pw2, self.norm3 = nn.Conv2d(hidden, CHANNELS, 1), nn.BatchNorm2d(CHANNELS)
        self.resconv, self.resnorm = nn.Conv2d(inputs, CHANNELS, 1), nn.BatchNorm2d(CHANNELS)

    def forward(self, x: Tensor) -> Tensor:
        """Map x (B, inputs, H, W) to (B, 128, H, W)."""
        main = self.dw(functional.gelu(self.norm1(self.pw1(x))))
        return self.norm3(self.pw2(main)) + functional.gelu(self.resnorm(self.resconv(x)))


class MapDecoder(nn.Module):
    """The encoder's last map (B, 2048, 8, 8) to features (B, 128, S, S) for S = 8, 16, 32, 64, and from those maps."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        first, *others = DEPTHS
        double = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True)
        larger = (nn.Sequential(double, MapBlock(CHANNELS, depth)) for depth in others)
        self.models = nn.ModuleList([nn.Sequential(MapBlock(inputs, first)), *larger])
        self.final_layer = nn.Sequential(nn.Conv2d(CHANNELS, outputs, 1), nn.BatchNorm2d(outputs))

    def forward(self, x: Tensor) -> list[Tensor]:
        """Features of the four sizes; `final_layer` draws the maps from the last."""
        features = []
        for model in self.models:
            x = model(x)
            features.append(x)
        return features


class ImageEncoder(nn.Module):
    """Pictures (B, 3, 256, 256) to three lists of features: of joint, surface and mask maps."""

    def __init__(self) -> None:
        super().__init__()
        self.resnet = resnet50()
        del self.resnet.fc
        inputs = 2048
        self.hms_decoder = MapDecoder(inputs, JOINT_MAPS)
        self.dp_decoder = MapDecoder(inputs, DENSE_MAPS)
        self.mask_decoder = MapDecoder(inputs, MASK_MAPS)

    def forward(self, planes: Tensor) -> tuple[list[Tensor], list[Tensor], list[Tensor]]:
        """Encode; see the class."""
        net = self.resnet
        x = net.maxpool(net.relu(net.bn1(net.conv1(planes))))
        x = net.layer4(net.layer3(net.layer2(net.layer1(x))))
        return self.hms_decoder(x), self.dp_decoder(x), self.mask_decoder(x)


def centres(features: Tensor) -> Tensor:
    """Mean place of every channel of features (B, C, S, S), weighted by its values: (B, C, 2), x y, -1 to 1."""
    features = features.float()  # the sums are beyond half precision
    places = torch.arange(features.shape[-1], device=features.device, dtype=features.dtype)
    total = features.sum((2, 3)) + 1e-6
    x, y = ((features.sum(axis) * places).sum(2) / total for axis in (2, 3))
    return torch.stack([x, y], 2) * (2 / (features.shape[-1] - 1)) - 1


class FeatureFusion(nn.Module):
    """Features of the three map decoders, size by size, to one map (B, 256, S, S) each."""

    def __init__(self) -> None:
        super().__init__()
        self.convs = nn.ModuleList(
            nn.Sequential(nn.Conv2d(3 * CHANNELS, FUSED, 1), nn.BatchNorm2d(FUSED)) for _ in DEPTHS
        )

    def forward(self, joints: list[Tensor], dense: list[Tensor], masks: list[Tensor]) -> list[Tensor]:
        """Fuse; see the class for shapes."""
        stages = zip(self.convs, joints, dense, masks, strict=True)
        return [convolution(torch.cat(features, 1)) for convolution, *features in stages]


def image_tokens(fused: Tensor, points: Tensor) -> Tensor:
    """Values of a map (B, C, S, S) at points (B, N, 2) from -1 to 1: tokens (B, N, C)."""
    # In half precision places of a map would be a quarter of a pixel apart.
    sampled = functional.grid_sample(fused.float(), points[:, :, None], align_corners=False)
    return sampled.squeeze(3).transpose(1, 2).to(fused.dtype)
