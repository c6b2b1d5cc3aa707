"""High-resolution network (Wang et al. 2020, arXiv:1908.07919): branches of falling resolution that keep exchanging.

The trunk has the layout of the published HRNet-W18 and -W64 checkpoints; two heads make it an image feature or maps.
Blocks are torchvision's residual units.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional
from torchvision.models.resnet import BasicBlock, Bottleneck

W18 = (18, 36, 72, 144)
W64 = (64, 128, 256, 512)
BLOCKS = 4
MODULES = (1, 4, 3)
"""Exchange modules in the stages with two, three and four branches."""


def conv_norm(inputs: int, outputs: int, size: int, stride: int = 1) -> list[nn.Module]:
    """Convolution without bias, then batch normalisation."""
    return [nn.Conv2d(inputs, outputs, size, stride, size // 2, bias=False), nn.BatchNorm2d(outputs)]


def halve(inputs: int, outputs: int) -> nn.Sequential:
    """Halve a map's sides."""
    return nn.Sequential(*conv_norm(inputs, outputs, 3, 2), nn.ReLU(inplace=True))


def bottleneck(inputs: int, planes: int) -> Bottleneck:
    """Residual unit from inputs to 4 * planes channels, with a projected shortcut where they differ."""
    outputs = planes * Bottleneck.expansion
    shortcut = None if inputs == outputs else nn.Sequential(*conv_norm(inputs, outputs, 1))
    return Bottleneck(inputs, planes, downsample=shortcut)


def exchange_path(widths: tuple[int, ...], source: int, target: int, upsampling: str) -> nn.Module:
    """What brings branch `source` to the channels and the size of branch `target`."""
    inputs, outputs = widths[source], widths[target]
    if source == target:
        return nn.Identity()
    if source > target:
        up = nn.Upsample(scale_factor=2 ** (source - target), mode=upsampling)
        return nn.Sequential(*conv_norm(inputs, outputs, 1), up)
    steps = [halve(inputs, inputs) for _ in range(target - source - 1)]
    return nn.Sequential(*steps, nn.Sequential(*conv_norm(inputs, outputs, 3, 2)))


class ExchangeModule(nn.Module):
    """Residual blocks in every branch, then every branch becomes the sum of all of them."""

    def __init__(self, widths: tuple[int, ...], upsampling: str) -> None:
        super().__init__()
        self.branches = nn.ModuleList(
            nn.Sequential(*(BasicBlock(width, width) for _ in range(BLOCKS))) for width in widths
        )
        order = range(len(widths))
        self.fuse_layers = nn.ModuleList(
            nn.ModuleList(exchange_path(widths, source, target, upsampling) for source in order) for target in order
        )

    def forward(self, maps: list[Tensor]) -> list[Tensor]:
        """Map branches (B, widths[k], H / 2^k, W / 2^k) to the same shapes."""
        maps = [branch(x) for branch, x in zip(self.branches, maps, strict=True)]
        return [torch.relu(self._sum(paths, maps)) for paths in self.fuse_layers]

    def _sum(self, paths: nn.Module, maps: list[Tensor]) -> Tensor:
        first, *others = (path(x) for path, x in zip(paths.children(), maps, strict=True))
        for other in others:
            first = first + other
        return first


class HRNet(nn.Module):
    """Trunk: pictures (B, 3, H, W) to four maps (B, widths[k], H / (4 * 2^k), W / (4 * 2^k))."""

    def __init__(self, widths: tuple[int, ...], upsampling: str) -> None:
        super().__init__()
        self.conv1, self.bn1 = conv_norm(3, 64, 3, 2)
        self.conv2, self.bn2 = conv_norm(64, 64, 3, 2)
        self.layer1 = nn.Sequential(bottleneck(64, 64), *(bottleneck(256, 64) for _ in range(3)))
        kept = nn.Sequential(*conv_norm(256, widths[0], 3), nn.ReLU(inplace=True))
        self.transition1 = nn.ModuleList([kept, nn.Sequential(halve(256, widths[1]))])
        self.stage2 = self._stage(widths[:2], MODULES[0], upsampling)
        # The sequence in a sequence is the published names' doing.
        self.transition2 = nn.ModuleDict({"2": nn.Sequential(halve(widths[1], widths[2]))})
        self.stage3 = self._stage(widths[:3], MODULES[1], upsampling)
        self.transition3 = nn.ModuleDict({"3": nn.Sequential(halve(widths[2], widths[3]))})
        self.stage4 = self._stage(widths, MODULES[2], upsampling)

    @staticmethod
    def _stage(widths: tuple[int, ...], modules: int, upsampling: str) -> nn.Sequential:
        return nn.Sequential(*(ExchangeModule(widths, upsampling) for _ in range(modules)))

    def branches(self, x: Tensor) -> list[Tensor]:
        """Run the trunk; see the class for shapes."""
        x = torch.relu(self.bn1(self.conv1(x)))
        x = self.layer1(torch.relu(self.bn2(self.conv2(x))))
        maps = self.stage2([transition(x) for transition in self.transition1])
        maps = self.stage3([*maps, self.transition2["2"](maps[-1])])
        return self.stage4([*maps, self.transition3["3"](maps[-1])])


class HRNetFeature(HRNet):
    """One feature of 2048 numbers a picture: the head of the published ImageNet classifier without its last layer."""

    def __init__(self, widths: tuple[int, ...]) -> None:
        super().__init__(widths, upsampling="nearest")
        planes = (32, 64, 128, 256)
        outputs = [4 * p for p in planes]
        self.incre_modules = nn.ModuleList(
            nn.Sequential(bottleneck(width, p)) for width, p in zip(widths, planes, strict=True)
        )
        self.downsamp_modules = nn.ModuleList(
            self._with_bias(outputs[k], outputs[k + 1], 3, 2) for k in range(len(planes) - 1)
        )
        self.final_layer = self._with_bias(outputs[-1], 2048, 1, 1)

    @staticmethod
    def _with_bias(inputs: int, outputs: int, size: int, stride: int) -> nn.Sequential:
        convolution = nn.Conv2d(inputs, outputs, size, stride, size // 2)
        return nn.Sequential(convolution, nn.BatchNorm2d(outputs), nn.ReLU(inplace=True))

    def forward(self, planes: Tensor) -> Tensor:
        """Map pictures (B, 3, H, W) to (B, 2048)."""
        first, *others = (widen(x) for widen, x in zip(self.incre_modules, self.branches(planes), strict=True))
        for x, down in zip(others, self.downsamp_modules, strict=True):
            first = x + down(first)
        return self.final_layer(first).mean((2, 3))


class HRNetMaps(HRNet):
    """Maps at a quarter of the picture's sides: the head of the published segmentation network."""

    def __init__(self, widths: tuple[int, ...], outputs: int) -> None:
        super().__init__(widths, upsampling="bilinear")
        total = sum(widths)
        self.last_layer = nn.Sequential(
            nn.Conv2d(total, total, 1), nn.BatchNorm2d(total), nn.ReLU(inplace=True), nn.Conv2d(total, outputs, 1)
        )

    def forward(self, planes: Tensor) -> Tensor:
        """Map pictures (B, 3, H, W) to (B, outputs, H / 4, W / 4)."""
        first, *others = self.branches(planes)
        larger = [functional.interpolate(x, scale_factor=2 ** (k + 1), mode="bilinear") for k, x in enumerate(others)]
        return self.last_layer(torch.cat([first, *larger], 1))
