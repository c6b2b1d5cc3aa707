"""Chebyshev graph convolution of first order (Defferrard et al. 2016, arXiv:1606.09375) in residual blocks."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from hand_recon_ros.types import FloatArray

NORM_EPSILON = 1e-6


def chebyshev(x: Tensor, laplacian: Tensor) -> Tensor:
    """Features x (B, V, C) and their Laplacian L x, alternating: (B, V, 2 C)."""
    return torch.stack([x, laplacian @ x], -1).flatten(2)


class GraphBlock(nn.Module):
    """Two graph convolutions beside a linear shortcut: (B, V, inputs) to (B, V, outputs)."""

    def __init__(self, inputs: int, outputs: int, dropout: float) -> None:
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(2 * inputs, outputs), nn.Linear(2 * outputs, outputs)
        self.norm2, self.norm3 = (nn.LayerNorm(outputs, eps=NORM_EPSILON) for _ in range(2))
        self.shortcut = nn.Linear(inputs, outputs)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, laplacian: Tensor) -> Tensor:
        """Convolve; laplacian (V, V)."""
        y = torch.relu(self.norm2(self.fc1(chebyshev(x, laplacian))))
        y = self.dropout(self.fc2(chebyshev(y, laplacian)))
        return self.norm3(y + self.shortcut(x))


class GraphStack(nn.Module):
    """Four blocks on one graph; the first changes the width.

    The graph's Laplacian is saved with the weights, which mean nothing on another graph.
    """

    laplacian: Tensor

    def __init__(self, inputs: int, outputs: int, laplacian: FloatArray, dropout: float) -> None:
        super().__init__()
        # A copy: where both hands have one graph, loading the weights of one must not change the other.
        self.register_buffer("laplacian", torch.from_numpy(laplacian.copy()))
        widths = (inputs, outputs, outputs, outputs)
        self.GCN_blocks = nn.ModuleList(GraphBlock(width, outputs, dropout) for width in widths)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, V, inputs) to (B, V, outputs)."""
        first, *others = self.GCN_blocks
        x = first(x, self.laplacian)
        for block in others:
            x = block(torch.relu(x), self.laplacian)
        return x


def doubled(x: Tensor) -> Tensor:
    """Every vertex twice, in place: (B, V, C) to (B, 2 V, C)."""
    return x.repeat_interleave(2, 1)
