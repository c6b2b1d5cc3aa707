"""HandOccNet: the mesh of one hand that objects may hide (Park et al., CVPR 2022, arXiv:2203.14564).

A feature pyramid is split by a spatial gate into a primary (hand) and a secondary (occluded) map; one transformer
injects the first into the second, another refines, and an hourglass regresses joints and MANO's parameters.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torchvision
from torch import Tensor, nn
from torch.nn import functional

from hand_recon_ros.hand_model import HandModel, matrix_to_axis_angle
from hand_recon_ros.networks.hourglass import JOINTS, HeatmapHead, ResidualUnit, soft_argmax
from hand_recon_ros.networks.layers import planes_from_bytes
from hand_recon_ros.networks.live import LiveHands, one_right_hand
from hand_recon_ros.networks.mano_head import ManoLayer, right_hand, rotations_from_6d
from hand_recon_ros.networks.published import Published
from hand_recon_ros.networks.token_attention import AttentionBlock, FeatureInjection, TokenTransformer

INPUT_SIZE = 256
CHANNELS = 256


class PosedHands(NamedTuple):
    """A right hand in each of B crops; lengths in metres, axes of the camera.

    Attributes:
        vertices: (B, V, 3), and joints: (B, 21, 3) in the order of `Joint`: not centred, the origin is the model's own.
        joints_2d: (B, 21, 2) pixels of the crop, the origin at the centre of its first pixel.
        pose: (B, 16, 3) axis-angle of the hand model's joints, its mean pose included.
        betas: (B, 10) shape coefficients.
        rotations: (B, 16, 3, 3) of the joints, without the mean pose: what the network was trained to predict.
    """

    vertices: Tensor
    joints: Tensor
    joints_2d: Tensor
    pose: Tensor
    betas: Tensor
    rotations: Tensor


class SpatialGate(nn.Module):
    """Logit, pixel by pixel, that a map shows the hand itself."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(2, 1, 7, padding=3, bias=False)
        self.bn = nn.BatchNorm2d(1, momentum=0.01)

    def forward(self, x: Tensor) -> Tensor:
        """Map x (B, C, H, W) to (B, 1, H, W)."""
        return self.bn(self.conv(torch.cat([x.amax(1, keepdim=True), x.mean(1, keepdim=True)], 1)))


class PooledConv2d(nn.Conv2d):
    """Convolution with a kernel of 3, followed by the mean of every 2 x 2 pixels: one convolution of half the work.

    The mean of four shifted kernels of 3 is a kernel of 4 with a stride of 2.
    """

    def __init__(self, channels: int) -> None:
        super().__init__(channels, channels, 3, padding=1)
        self.folded = False

    def fold(self) -> None:
        """Keep the larger kernel only."""
        self.weight, self.folded = nn.Parameter(self.pooled_kernel().detach(), requires_grad=False), True

    def pooled_kernel(self) -> Tensor:
        """The kernel of 4 x 4."""
        corners = [(right, 1 - right, down, 1 - down) for down in (0, 1) for right in (0, 1)]
        return torch.stack([functional.pad(self.weight, corner) for corner in corners]).mean(0)

    def forward(self, x: Tensor) -> Tensor:
        """Map x (B, C, H, W) to (B, C, H / 2, W / 2)."""
        kernel = self.weight if self.folded else self.pooled_kernel()
        return functional.conv2d(x, kernel, self.bias, stride=2, padding=1)


def upsampled(x: Tensor, like: Tensor) -> Tensor:
    """Map x resized bilinearly to the height and width of another."""
    return functional.interpolate(x, size=like.shape[-2:], mode="bilinear", align_corners=False)


class GatedPyramid(nn.Module):
    """ResNet-50 with LeakyReLU, a feature pyramid on it, and the gate that splits the finest map."""

    def __init__(self) -> None:
        super().__init__()
        resnet = torchvision.models.resnet50()
        for module in resnet.modules():
            if hasattr(module, "relu"):
                module.relu = nn.LeakyReLU(inplace=True)
        self.layer0 = nn.Sequential(resnet.conv1, resnet.bn1, resnet.relu, resnet.maxpool)
        self.layer1 = nn.Sequential(resnet.layer1)
        self.layer2 = nn.Sequential(resnet.layer2)
        self.layer3 = nn.Sequential(resnet.layer3)
        self.layer4 = nn.Sequential(resnet.layer4)
        self.toplayer = nn.Conv2d(2048, CHANNELS, 1)
        self.latlayer1 = nn.Conv2d(1024, CHANNELS, 1)
        self.latlayer2 = nn.Conv2d(512, CHANNELS, 1)
        self.latlayer3 = nn.Conv2d(256, CHANNELS, 1)
        self.smooth3 = PooledConv2d(CHANNELS)
        self.attention_module = nn.ModuleDict({"spatial": SpatialGate()})

    def forward(self, planes: Tensor) -> tuple[Tensor, Tensor]:
        """Primary and secondary features (B, 256, 32, 32) of planes (B, 3, 256, 256)."""
        c2 = self.layer1(self.layer0(planes))
        c3 = self.layer2(c2)
        c4 = self.layer3(c3)
        p5 = self.toplayer(self.layer4(c4))
        p4 = upsampled(p5, c4) + self.latlayer1(c4)
        p3 = upsampled(p4, c3) + self.latlayer2(c3)
        p2 = self.smooth3(upsampled(p3, c2) + self.latlayer3(c2))
        primary = p2 * torch.sigmoid(self.attention_module["spatial"](p2))
        return primary, p2 - primary


class HandEncoder(nn.Module):
    """One vector from where the joints are and what the features there look like."""

    def __init__(self) -> None:
        super().__init__()
        self.heatmap_conv = nn.Conv2d(JOINTS, CHANNELS, 1)
        self.encoding_conv = nn.Conv2d(CHANNELS, CHANNELS, 1)
        self.reg = nn.ModuleList(ResidualUnit(CHANNELS, ("bn", "bn1", "bn2")) for _ in range(8))

    def forward(self, heatmaps: Tensor, encoding: Tensor) -> Tensor:
        """Vectors (B, 1024) from heatmaps (B, 21, 32, 32) and features (B, 256, 32, 32)."""
        x = self.heatmap_conv(heatmaps) + self.encoding_conv(encoding)
        for first, second in zip(self.reg[::2], self.reg[1::2], strict=True):
            x = functional.max_pool2d(second(first(x)), 2)
        return x.flatten(1)


class ManoHead(nn.Module):
    """Joint rotations and shape from one vector, and the hand posed with them."""

    def __init__(self, hand_model: HandModel) -> None:
        super().__init__()
        layers = nn.Linear(1024, 1024), nn.LeakyReLU(), nn.Linear(1024, 512), nn.LeakyReLU()
        self.mano_base_layer = nn.Sequential(*layers)
        self.pose_reg = nn.Linear(512, 16 * 6)
        self.shape_reg = nn.Linear(512, 10)
        self.mano_layer = ManoLayer(hand_model)

    def forward(self, vector: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """Vertices, joints, pose, betas and rotations, as in PosedHands, from vectors (B, 1024)."""
        features = self.mano_base_layer(vector)
        # Angles near pi and sums of transforms need more digits than half precision has.
        rotations = rotations_from_6d(self.pose_reg(features).unflatten(-1, (16, 6)).float())
        pose, betas = matrix_to_axis_angle(rotations), self.shape_reg(features).float()
        vertices, joints = self.mano_layer(pose, betas)
        return vertices, joints, self.mano_layer.full_pose(pose), betas, rotations


class Regressor(nn.Module):
    """Image joints and a posed hand from the refined features."""

    def __init__(self, hand_model: HandModel) -> None:
        super().__init__()
        self.hand_regHead = HeatmapHead(CHANNELS)
        self.hand_Encoder = HandEncoder()
        self.mano_regHead = ManoHead(hand_model)

    def forward(self, features: Tensor) -> PosedHands:
        """Hands from features (B, 256, 32, 32)."""
        heatmaps, encoding = self.hand_regHead(features)
        vertices, joints, *parameters = self.mano_regHead(self.hand_Encoder(heatmaps, encoding))
        return PosedHands(vertices, joints, INPUT_SIZE * soft_argmax(heatmaps.float()), *parameters)


class HandOccNet(nn.Module):
    """The right hand in each crop (B, 256, 256, 3), uint8 RGB; left hands must come mirrored.

    A crop is a square about a third larger than the hand.
    """

    published = Published(
        wrapper="network",
        prefix="module.",
        ignored=(
            "backbone.smooth2.",  # computed and thrown away by the published code
            "regressor.hand_regHead.uu",
            "regressor.hand_regHead.vv",
            "regressor.mano_regHead.mano_layer.th_",
            "fitting_loss.",
        ),
    )

    def __init__(self, hand_model: HandModel | None) -> None:
        """Build it without weights, for the right hand model that its parameters pose.

        Raises:
            ValueError: no right hand model.
        """
        super().__init__()
        self.backbone = GatedPyramid()
        self.FIT = FeatureInjection(CHANNELS)
        self.SET = TokenTransformer(CHANNELS, AttentionBlock)
        self.regressor = Regressor(right_hand(hand_model))

    def forward(self, images: Tensor) -> PosedHands:
        """Reconstruct; see the class for shapes."""
        return self.reconstruct(planes_from_bytes(images, self.backbone.toplayer.weight.dtype))

    def live(self, images: Tensor) -> LiveHands:
        """The hand in each crop, as the pipeline takes it."""
        hands = self(images)
        return one_right_hand(hands.vertices, hands.joints, hands.joints_2d, hands.pose, hands.betas)

    def reconstruct(self, planes: Tensor) -> PosedHands:
        """Hands from planes (B, 3, 256, 256) in [0, 1]."""
        return self.regressed(self.features(planes))

    def features(self, planes: Tensor) -> Tensor:
        """Features (B, 256, 32, 32) with what is hidden injected."""
        primary, secondary = self.backbone(planes)
        return self.FIT(secondary, primary)

    def regressed(self, features: Tensor) -> PosedHands:
        """Hands from features (B, 256, 32, 32), refined first."""
        return self.regressor(self.SET(features, features))
