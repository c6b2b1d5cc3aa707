"""Solving small systems by elimination, written out: no library call, no test of success, no waiting.

Which library torch takes for a batch of small systems depends on its version and on the batch, and some of these
wait for the device, which a CUDA graph cannot. Positive definite systems need no pivoting.
"""

from __future__ import annotations

import torch
from torch import Tensor


def solve(matrices: Tensor, right: Tensor) -> Tensor:
    """Solutions (N, P) of positive definite systems (N, P, P) with right sides (N, P).

    Elimination downwards, then substitution upwards: clearing both ways at once (Gauss and Jordan) takes as many
    kernels, and was found a hundred times less exact on the fit's systems, whose unknowns differ much in scale.
    """
    rest, count = torch.cat([matrices, right[..., None]], dim=2), matrices.shape[1]
    rows = []
    for k in range(count):
        rows.append(rest[:, :1] / rest[:, :1, k : k + 1])
        rest = torch.addcmul(rest[:, 1:], rest[:, 1:, k : k + 1], rows[-1], value=-1)
    upper = torch.cat(rows, dim=1)
    values, found = upper[:, :, count], []
    for k in reversed(range(count)):
        found.append(values[:, k : k + 1])
        values = torch.addcmul(values[:, :k], upper[:, :k, k], found[-1], value=-1)
    return torch.cat(found[::-1], dim=1)
