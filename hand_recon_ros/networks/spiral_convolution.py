"""Spiral convolution on meshes (Lim et al. 2018, arXiv:1809.06664; Gong et al. 2019, arXiv:1911.05856).

A vertex reads its S nearest vertices in a fixed spiral order through one linear layer. Sums commute with linear maps,
so every vertex is first multiplied with the S blocks of that layer and the products are gathered afterwards: the
gather then carries output channels, and behind an upsampling only the coarse vertices, half as many, are multiplied.
Spirals and upsampling are buffers saved with the weights, which mean nothing on another mesh.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from hand_recon_ros.types import FloatArray, IndexArray


class SpiralConvolution(nn.Linear):
    """Features (B, N, inputs) to (B, N, outputs); the weight (outputs, S * inputs) has one block a spiral place."""

    rows: Tensor

    def __init__(self, inputs: int, outputs: int, spirals: IndexArray) -> None:
        length = spirals.shape[1]
        super().__init__(length * inputs, outputs)
        self.inputs, self.length = inputs, length
        self.folded = False
        rows = torch.from_numpy(spirals.astype(np.int64) * length + np.arange(length))
        self.register_buffer("rows", rows)

    def fold(self) -> None:
        """Order the weight by spiral place instead of output, which saves turning the products round at every call."""
        ordered = self.weight.detach().unflatten(1, (self.length, self.inputs)).transpose(0, 1).contiguous()
        self.weight, self.folded = nn.Parameter(ordered.view(-1, self.inputs), requires_grad=False), True

    def products(self, x: Tensor) -> Tensor:
        """Every vertex times every block: (B, M, inputs) to (B, M * S, outputs)."""
        if self.folded:
            return nn.functional.linear(x, self.weight).unflatten(2, (self.length, -1)).flatten(1, 2)
        # The weight (outputs, S * inputs) is, in memory, (outputs * S, inputs): no copy is made of it.
        products = nn.functional.linear(x, self.weight.view(-1, self.inputs))
        return products.unflatten(2, (-1, self.length)).transpose(2, 3).flatten(1, 2)

    def forward(self, x: Tensor) -> Tensor:
        """Convolve; see the class for shapes."""
        rows = self.products(x).index_select(1, self.rows.flatten())
        return rows.unflatten(1, (-1, self.length)).sum(2) + self.bias


class UpsampledSpiralConvolution(SpiralConvolution):
    """Upsample by a matrix (N, M), then convolve: (B, M, inputs) to (B, N, outputs).

    Upsampling and gathering are one matrix (N, M * S) where that takes fewer multiplications.
    """

    mixing: Tensor

    def __init__(self, inputs: int, outputs: int, spirals: IndexArray, upsampling: FloatArray) -> None:
        super().__init__(inputs, outputs, spirals)
        (fine, coarse), length = upsampling.shape, self.length
        apart = fine * coarse * inputs + fine * length * inputs * outputs
        self.mixes = coarse * length * inputs * outputs + fine * coarse * length * outputs < apart
        # Entry (n, m * S + s) is what place s of vertex n's spiral takes of coarse vertex m.
        mixing = upsampling[spirals].transpose(0, 2, 1).reshape(fine, -1) if self.mixes else upsampling
        self.register_buffer("mixing", torch.from_numpy(np.array(mixing, np.float32, order="C")))

    def forward(self, x: Tensor) -> Tensor:
        """Upsample and convolve; see the class for shapes."""
        if self.mixes:
            return self.mixing @ self.products(x) + self.bias
        return super().forward(self.mixing @ x)
