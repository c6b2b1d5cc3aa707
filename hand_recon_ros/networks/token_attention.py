"""Attention between two feature maps whose pixels are the tokens: the two transformers of HandOccNet.

Park et al., "HandOccNet: Occlusion-Robust 3D Hand Mesh Estimation Network", CVPR 2022, arXiv:2203.14564, section 3.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

HEADS = 4
SIDE = 32
DEPTH = 2


def tokens_of(features: Tensor) -> Tensor:
    """Tokens (B, H * W, C), row by row, of a map (B, C, H, W)."""
    return features.flatten(2).mT


def map_of(tokens: Tensor) -> Tensor:
    """The square map (B, C, SIDE, SIDE) of tokens (B, SIDE * SIDE, C)."""
    return tokens.mT.unflatten(-1, (SIDE, SIDE))


def split_heads(tokens: Tensor) -> Tensor:
    """Tokens (B, N, C) as (B, HEADS, N, C / HEADS)."""
    return tokens.unflatten(-1, (HEADS, -1)).transpose(-2, -3)


def attention(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Softmax attention with HEADS heads; all (B, N, C)."""
    attended = functional.scaled_dot_product_attention(split_heads(query), split_heads(key), split_heads(value))
    return attended.transpose(-2, -3).flatten(-2)


class PixelLinear(nn.Conv2d):
    """A convolution of single pixels whose map comes as tokens."""

    def __init__(self, channels: int) -> None:
        super().__init__(channels, channels, 1)

    def forward(self, tokens: Tensor) -> Tensor:
        """Map tokens (B, N, C) to the same shape."""
        return functional.linear(tokens, self.weight.flatten(1), self.bias)

    def parameters_float32(self) -> tuple[Tensor, Tensor]:
        """The matrix (C, C) and the bias (C,) that it applies."""
        assert self.bias is not None
        return self.weight.flatten(1).float(), self.bias.float()


class Mlp(nn.Module):
    """Two linear layers with GELU between."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(channels, 4 * channels)
        self.fc2 = nn.Linear(4 * channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        """Map x (..., C) to the same shape."""
        return self.fc2(functional.gelu(self.fc1(x)))


class AttentionBlock(nn.Module):
    """Tokens of one map attend to those of another, then a residual perceptron; self-enhancing (SET) as it is."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.q_embedding = nn.Parameter(torch.randn(1, channels, SIDE, SIDE))
        self.k_embedding = nn.Parameter(torch.randn(1, channels, SIDE, SIDE))
        self.encode_value = PixelLinear(channels)
        self.encode_query = PixelLinear(channels)
        self.encode_key = PixelLinear(channels)
        self.norm2 = nn.LayerNorm(channels)
        self.mlp = Mlp(channels)

    def forward(self, query: Tensor, key: Tensor) -> Tensor:
        """Updated query (B, N, C), from itself and key (B, N, C)."""
        placed_query = query + tokens_of(self.q_embedding)
        placed_key = key + tokens_of(self.k_embedding)
        attended = self.mix(query, placed_query, placed_key, self.encode_value(key))
        return attended + self.mlp(self.norm2(attended))

    def mix(self, query: Tensor, placed_query: Tensor, placed_key: Tensor, value: Tensor) -> Tensor:
        """The query plus what it attends to."""
        return query + attention(self.encode_query(placed_query), self.encode_key(placed_key), value)


class HardGate(nn.Module):
    """How much each query token takes from the key map, a head at a time.

    The gate is the sigmoid of the sum over all keys of second query times second key. That sum is linear, so the keys
    are summed first, before they are even encoded, and no query needs encoding. It sums a thousand products, hence
    always in float32.
    """

    def forward(self, query: Tensor, key: Tensor, encode_query: PixelLinear, encode_key: PixelLinear) -> Tensor:
        """Gates (B, HEADS, N) for query and key (B, N, C)."""
        weight_q, bias_q = encode_query.parameters_float32()
        weight_k, bias_k = encode_key.parameters_float32()
        keys = key.float().sum(1) @ weight_k.mT + key.shape[1] * bias_k
        summed = keys.unflatten(-1, (HEADS, -1))
        direction = torch.einsum("bhd,hdc->bhc", summed, weight_q.unflatten(0, (HEADS, -1)))
        offset = (summed * bias_q.unflatten(0, (HEADS, -1))).sum(-1, keepdim=True)
        logits = direction @ query.float().mT + offset
        return torch.sigmoid(logits / summed.shape[-1] ** 0.5)


class InjectionBlock(AttentionBlock):
    """Feature injecting block (FIT): gated attention takes the query's place instead of adding to it."""

    def __init__(self, channels: int) -> None:
        super().__init__(channels)
        self.encode_query2 = PixelLinear(channels)
        self.encode_key2 = PixelLinear(channels)
        self.gate = HardGate()

    def mix(self, query: Tensor, placed_query: Tensor, placed_key: Tensor, value: Tensor) -> Tensor:
        """What the query attends to, as far as its gate lets it."""
        attended = attention(self.encode_query(placed_query), self.encode_key(placed_key), value)
        gate = self.gate(placed_query, placed_key, self.encode_query2, self.encode_key2).to(value.dtype)
        return (attended.unflatten(-1, (HEADS, -1)) * gate.mT[..., None]).flatten(-2)


class TokenTransformer(nn.Module):
    """Blocks in a row that all attend to the same key map."""

    def __init__(self, channels: int, block: type[AttentionBlock]) -> None:
        super().__init__()
        self.layers = nn.ModuleList(block(channels) for _ in range(DEPTH))

    def forward(self, query: Tensor, key: Tensor) -> Tensor:
        """Map query and key (B, C, SIDE, SIDE) to the same shape."""
        tokens, key_tokens = tokens_of(query), tokens_of(key)
        for layer in self.layers:
            tokens = layer(tokens, key_tokens)
        return map_of(tokens)


class FeatureInjection(TokenTransformer):
    """Injects hand features into occluded places (FIT), then merges both maps."""

    def __init__(self, channels: int) -> None:
        super().__init__(channels, InjectionBlock)
        self.conv1 = nn.Sequential(
            nn.Conv2d(2 * channels, channels, 3, padding=1), nn.ReLU(), nn.Conv2d(channels, channels, 3, padding=1)
        )
        self.conv2 = nn.Sequential(nn.Conv2d(2 * channels, channels, 1))

    def forward(self, query: Tensor, key: Tensor) -> Tensor:
        """Map query and key (B, C, SIDE, SIDE) to the same shape."""
        both = torch.cat([key, super().forward(query, key)], 1)
        return self.conv1(both) + self.conv2(both)
