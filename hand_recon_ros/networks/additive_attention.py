"""Efficient additive attention, linear in the number of tokens (Shaker et al. 2023, SwiftFormer, arXiv:2303.15446)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional


class AdditiveAttention(nn.Module):
    """Tokens (B, N, D) to (B, N, D): keys times one query that sums up all tokens, plus each token's own query.

    The weights of that sum are normalised to unit length, not by a softmax, so a common factor of them has no effect.
    """

    def __init__(self, width: int, final: bool = False, dropout: float = 0.0) -> None:
        """Build it; final adds a linear layer at the end, and dropout drops entries of the summed query."""
        super().__init__()
        self.position_emb = nn.Parameter(torch.randn(width))
        self.w_g = nn.Parameter(torch.randn(width, 1))
        self.to_query, self.to_key, self.Proj = (nn.Linear(width, width) for _ in range(3))
        self.final = nn.Linear(width, width) if final else nn.Identity()
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, copies: int = 1) -> Tensor:
        """Attend; see the class for shapes.

        Args:
            x: tokens.
            copies: every token stands for so many equal ones, which are not computed again.
        """
        x = x + self.position_emb
        query, key = functional.normalize(self.to_query(x), dim=-1), functional.normalize(self.to_key(x), dim=-1)
        weights = functional.normalize(query @ self.w_g, dim=1)
        # Copies share one weight of unit length: each has 1 / sqrt(copies) of it, and the sum counts all of them.
        summary = copies**0.5 * (weights.transpose(1, 2) @ query)
        return self.final(self.Proj(self.dropout(summary) * key) + query)


class FeedForward(nn.Module):
    """Two linear layers around a GELU, beside a shortcut: (B, N, D) to (B, N, D)."""

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.net = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, hidden), nn.GELU(), nn.Linear(hidden, width))

    def forward(self, x: Tensor) -> Tensor:
        """Refine; see the class for shapes."""
        return x + self.net(x)
