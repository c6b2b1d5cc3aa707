"""SMHR's optional stem, which sees keypoints before hands; no published setting computes with it.

Every published checkpoint carries its tensors.
"""

from __future__ import annotations

from dataclasses import replace

import torch
import torchvision
from torch import Tensor, nn
from torch.nn import functional

from hand_recon_ros.hand_model import HandModel
from hand_recon_ros.networks.smhr import Smhr
from hand_recon_ros.networks.smhr_heads import probability

KEYPOINTS = 21
TIPS = (4, 8, 12, 16, 20)
PAIRS = tuple((a, b) for k, a in enumerate(TIPS) for b in TIPS[k + 1 :])
FINGERS = tuple(tuple(range(tip - 3, tip + 1)) for tip in TIPS)
RELATIONS = (*PAIRS, *FINGERS)


class NormedConv(nn.Module):
    """Convolution and batch normalisation."""

    def __init__(self, inputs: int, outputs: int, size: int = 3) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, size, padding=size // 2)
        self.norm = nn.BatchNorm2d(outputs)

    def forward(self, x: Tensor) -> Tensor:
        """Convolve x (B, inputs, H, W)."""
        return self.norm(self.conv(x))


class KeypointStem(nn.Module):
    """Pictures (B, 3, R, R) to (B, 64, R / 2, R / 2), by way of keypoint heatmaps of that size."""

    related: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.backbone = torchvision.models.resnet18()
        del self.backbone.fc
        widths = ((768, 256), (384, 128), (192, 64), (64, 64))
        self.uv_delayer = nn.ModuleList(NormedConv(*width) for width in widths)
        self.uv_head = nn.ModuleDict({"conv": nn.Conv2d(64, KEYPOINTS, 3, padding=1)})
        joined = 64 + KEYPOINTS + len(RELATIONS)
        self.reduce = nn.Sequential(NormedConv(joined, joined), NormedConv(joined, 128), NormedConv(128, 64, size=1))
        related = torch.tensor([[float(k in group) for k in range(KEYPOINTS)] for group in RELATIONS])
        self.register_buffer("related", related, persistent=False)

    def forward(self, planes: Tensor) -> Tensor:
        """Draw keypoints and read them; see the class for shapes."""
        shallow, deep = self.levels(planes)
        heatmaps = self.heatmaps(deep)
        relations = torch.einsum("gk,bkhw->bghw", self.related, heatmaps)
        first, second, last = self.reduce
        x = torch.cat([shallow, heatmaps, relations], 1)
        return last(torch.relu(second(torch.relu(first(x)))))

    def levels(self, planes: Tensor) -> tuple[Tensor, list[Tensor]]:
        """The stem's map, and those of the four stages."""
        net = self.backbone
        shallow = torch.relu(net.bn1(net.conv1(planes)))
        x, deep = net.maxpool(shallow), []
        for stage in (net.layer1, net.layer2, net.layer3, net.layer4):
            x = stage(x)
            deep.append(x)
        return shallow, deep

    def heatmaps(self, deep: list[Tensor]) -> Tensor:
        """Probabilities (B, 21, R / 2, R / 2) of keypoints."""
        *lateral, x = deep
        for block in self.uv_delayer:
            x = functional.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
            x = torch.relu(block(torch.cat([x, lateral.pop()], 1) if lateral else x))
        return probability(self.uv_head["conv"](x)).to(x.dtype)


class KeypointSmhr(Smhr):
    """SMHR with the keypoint stem in the place of ResNet's."""

    published = replace(
        Smhr.published,
        renamed=(
            *((name, f"stem.{name}") for name in ("backbone.", "uv_delayer.", "uv_head.", "reduce.")),
            *((name, f"map.{name}") for name in ("layer", "p3", "p4", "p5", "feat")),
        ),
        ignored=("p2", "conv1.", "bn1."),
    )

    def __init__(self, right: HandModel | None, left: HandModel | None = None, peaks: int = 1) -> None:
        """Build it without weights; arguments and errors as Smhr's."""
        super().__init__(right, left, peaks)
        self.stem = KeypointStem()
