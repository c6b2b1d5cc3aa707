"""InteractHand: HandOccNet with a second image branch that its published code builds but never runs.

Without options this network computes what HandOccNet computes, as the published one does; no weights were ever
published. `fusion=True` adds the branch for a picture of the hand alone, mixed in between the two transformers;
`stripes=True` puts stripe attention in the place of the second one. Both are what the published text and figures
intend, and neither was ever trained by its authors.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor, nn
from torch.nn import functional

from hand_recon_ros.hand_model import HandModel
from hand_recon_ros.networks.handoccnet import CHANNELS, HandOccNet, PosedHands, upsampled
from hand_recon_ros.networks.layers import planes_from_bytes
from hand_recon_ros.networks.token_attention import (
    SIDE,
    AttentionBlock,
    TokenTransformer,
    split_heads,
)

STRIPES = 16
DEPTHS, WIDTHS = (3, 3, 9, 3), (96, 192, 384, 768)


class ChannelNorm(nn.LayerNorm):
    """Layer normalisation over the channels of a map (B, C, H, W)."""

    def forward(self, x: Tensor) -> Tensor:
        """Map x (B, C, H, W) to the same shape."""
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class ConvNextBlock(nn.Module):
    """Depthwise 7 x 7 and a perceptron, scaled, beside a shortcut (Liu et al. 2022, arXiv:2201.03545, figure 4)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.dwconv = nn.Conv2d(channels, channels, 7, padding=3, groups=channels)
        self.norm = nn.LayerNorm(channels, eps=1e-6)
        self.pwconv1 = nn.Linear(channels, 4 * channels)
        self.pwconv2 = nn.Linear(4 * channels, channels)
        self.gamma = nn.Parameter(torch.full((channels,), 1e-6))

    def forward(self, x: Tensor) -> Tensor:
        """Map x (B, C, H, W) to the same shape."""
        y = self.norm(self.dwconv(x).permute(0, 2, 3, 1))
        y = self.gamma * self.pwconv2(functional.gelu(self.pwconv1(y)))
        return x + y.permute(0, 3, 1, 2)


def convnext_stage(inputs: int | None, width: int, depth: int) -> nn.Sequential:
    """A downsampling and the blocks after it; the first stage, which has no inputs yet, reads a picture."""
    norm = ChannelNorm(inputs or width, eps=1e-6)
    down = [norm, nn.Conv2d(inputs, width, 2, 2)] if inputs else [nn.Conv2d(3, width, 4, 4), norm]
    return nn.Sequential(nn.Sequential(*down), nn.Sequential(*(ConvNextBlock(width) for _ in range(depth))))


class HandBranch(nn.Module):
    """ConvNeXt-Tiny and a feature pyramid for a picture that shows the hand alone."""

    def __init__(self) -> None:
        super().__init__()
        self.layer0, self.layer1, self.layer2, self.layer3 = (
            convnext_stage(*stage) for stage in zip((None, *WIDTHS[:-1]), WIDTHS, DEPTHS, strict=True)
        )
        self.toplayer = nn.Conv2d(WIDTHS[3], CHANNELS, 1)
        self.latlayer1 = nn.Conv2d(WIDTHS[2], CHANNELS, 1)
        self.latlayer2 = nn.Conv2d(WIDTHS[1], CHANNELS, 1)
        self.smooth3 = nn.Conv2d(CHANNELS, CHANNELS, 3, padding=1)

    def forward(self, planes: Tensor) -> Tensor:
        """Features (B, 256, 32, 32) of planes (B, 3, 256, 256)."""
        c2 = self.layer1(self.layer0(planes))
        c3 = self.layer2(c2)
        p4 = self.toplayer(self.layer3(c3))
        p3 = upsampled(p4, c3) + self.latlayer1(c3)
        return self.smooth3(upsampled(p3, c2) + self.latlayer2(c2))


class StripeAttention(nn.Module):
    """Attention within horizontal stripes of two rows (Dong et al. 2022, "CSWin Transformer", arXiv:2107.00652).

    A depthwise convolution of the values, stripe by stripe, tells tokens where they are.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.get_v = nn.Conv2d(channels, channels, 3, padding=1, groups=channels)

    def forward(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        """Tokens (B, N, C) from query, key and value (B, N, C)."""
        q, k, v = (split_heads(x.unflatten(1, (STRIPES, -1))) for x in (query, key, value))
        attended = functional.scaled_dot_product_attention(q, k, v).transpose(-2, -3).flatten(-2)
        stripes = value.unflatten(1, (STRIPES, -1, SIDE)).flatten(0, 1).permute(0, 3, 1, 2)
        local = self.get_v(stripes).flatten(2).mT
        return attended.flatten(1, 2) + local.view_as(value)


class StripeBlock(AttentionBlock):
    """A self-enhancing block whose attention stays within stripes."""

    def __init__(self, channels: int) -> None:
        super().__init__(channels)
        self.attn = StripeAttention(channels)

    def mix(self, query: Tensor, placed_query: Tensor, placed_key: Tensor, value: Tensor) -> Tensor:
        """The query plus what it attends to."""
        return query + self.attn(self.encode_query(placed_query), self.encode_key(placed_key), value)


class InteractHand(HandOccNet):
    """The right hand in each crop (B, 256, 256, 3), uint8 RGB, as HandOccNet sees it.

    Args of forward:
        images: the crops.
        hand_images: with fusion, the same crops with everything but the hand removed; left out, the plain network runs.
    """

    published = replace(
        HandOccNet.published,
        ignored=(
            *HandOccNet.published.ignored,
            # Without effect in the published code even where the branch runs.
            "backbone_agu.latlayer3.",
            "backbone_agu.smooth2.",
            "backbone_agu.attention_module.",
        ),
        optional=("backbone_agu.",),
        complete="hand_recon_ros.networks.interacthand:interacthand_with_branch",
    )

    def __init__(
        self, hand_model: HandModel | None, fusion: bool = False, stripes: bool = False, hand_weight: float = 0.3
    ) -> None:
        """Build it without weights.

        Args:
            hand_model: of the right hand that its parameters pose.
            fusion: build the branch for the hand alone.
            stripes: stripe attention in place of the second transformer.
            hand_weight: share of the hand branch's features in the mixture.

        Raises:
            ValueError: no right hand model.
        """
        super().__init__(hand_model)
        self.hand_weight = hand_weight
        self.backbone_agu = HandBranch() if fusion else None
        if stripes:
            self.SET = TokenTransformer(CHANNELS, StripeBlock)

    def forward(self, images: Tensor, hand_images: Tensor | None = None) -> PosedHands:
        """Reconstruct; see the class for shapes."""
        dtype = self.backbone.toplayer.weight.dtype
        hands = None if hand_images is None else planes_from_bytes(hand_images, dtype)
        return self.reconstruct(planes_from_bytes(images, dtype), hands)

    def reconstruct(self, planes: Tensor, hand_planes: Tensor | None = None) -> PosedHands:
        """Hands from planes (B, 3, 256, 256) in [0, 1], and with fusion such planes of the hand alone."""
        if hand_planes is None:
            return super().reconstruct(planes)
        if self.backbone_agu is None:
            raise ValueError("expected crops only, got pictures of the hand alone; build InteractHand with fusion=True")
        return self.regressed(torch.lerp(self.features(planes), self.backbone_agu(hand_planes), self.hand_weight))


def interacthand_with_branch(hand_model: HandModel | None) -> InteractHand:
    """InteractHand with its hand branch."""
    return InteractHand(hand_model, fusion=True)
