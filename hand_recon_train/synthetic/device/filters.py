"""Resizing and blurring of batches as products with matrices, with OpenCV's weights and borders."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
import torch

Tensor = torch.Tensor


def along_both(matrices: Tensor, pictures: Tensor) -> Tensor:
    """Pictures (B, C, I, I) with matrices (B, O, I) applied to their columns and rows, (B, C, O, O)."""
    return matrices[:, None] @ pictures @ matrices[:, None].transpose(2, 3)


@lru_cache(maxsize=16)
def enlarging(size: int, most: int, device: torch.device) -> Tensor:
    """For each number of cells (most + 1, size, most): what cv2's cubic resizing makes of so many, to `size` pixels."""
    table = np.zeros((most + 1, size, most), np.float32)
    for cells in range(1, most + 1):
        one = np.eye(cells, dtype=np.float32)
        table[cells, :, :cells] = cv2.resize(one, (cells, size), interpolation=cv2.INTER_CUBIC)
    return torch.from_numpy(table).to(device)


@lru_cache(maxsize=4)
def softening(size: int, cells: int, device: torch.device) -> Tensor:
    """Matrix (size, cells): what a mean of three cells and linear resizing make of so many."""
    mean = cv2.blur(np.eye(cells, dtype=np.float32), (1, 3))
    return torch.from_numpy(cv2.resize(mean, (cells, size), interpolation=cv2.INTER_LINEAR)).to(device)


def gaussian(size: int, sigma: Tensor) -> Tensor:
    """Matrices (B, size, size) that blur with standard deviations (B,) as cv2.GaussianBlur does; 0 leaves as it is."""
    radius = (((8 * sigma + 1).round().long() | 1) // 2)[:, None, None]
    variance = (2 * sigma * sigma).clamp(min=1e-12)[:, None, None]
    at = torch.arange(size, device=sigma.device)
    matrix = torch.zeros((len(sigma), size, size), device=sigma.device)
    # Each pixel, and its two mirror images beyond the borders, which lie on the outermost pixels' centres.
    for source, counts in ((at, at >= 0), (-at, at > 0), (2 * (size - 1) - at, at < size - 1)):
        away = at[:, None] - source
        weight = torch.exp(-(away * away) / variance)
        matrix += weight.where((away.abs() <= radius) & counts, 0.0)
    return matrix / matrix.sum(dim=2, keepdim=True)


def streaked(pictures: Tensor, kernels: Tensor) -> Tensor:
    """Pictures (N, C, S, S) filtered by kernels (N, K, K), mirrored beyond the border."""
    size, half = pictures.shape[-1], kernels.shape[-1] // 2
    at = torch.arange(-half, size + half, device=pictures.device)
    at = torch.where(at < 0, -1 - at, torch.where(at >= size, 2 * size - 1 - at, at))
    framed = pictures[:, :, at][..., at].transpose(0, 1)
    return torch.nn.functional.conv2d(framed, kernels[:, None], groups=len(kernels)).transpose(0, 1)
