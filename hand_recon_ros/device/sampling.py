"""Cutting squares out of pictures that lie on the device, as `pipeline.cropping` does on the host.

Hands are sampled bilinearly. Where that would step over pixels, cropping first shrinks the part under the hand: it
halves it some times and resizes the rest of the way. The device keeps every picture together with its halvings (see
`pictures`), and samples the resized part without ever making it: four of its pixels, each from four of the halved
picture, hence sixteen. A letterbox is the same with whole numbers in the first step, a small region the same with
whole numbers in the second. All that differs from square to square is in a row of layout.SAMPLED:

    inner pixel = crop @ (column, row, 1)           black outside 0 .. inner - 1
    halved pixel = step * inner pixel + start       within low .. high, the edge beyond
    its colour = pixels[base + v * width + u]
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from hand_recon_ros.device.layout import SAMPLED, Layout, columns
from hand_recon_ros.device.pictures import Placed
from hand_recon_ros.device.rays import affine
from hand_recon_ros.pipeline.cropping import Letterbox, halvings, needs_shrinking, part_under

Doubles = npt.NDArray[np.float64]
Rows = npt.NDArray[Any]
NO_PIXELS = np.zeros(2)
ONE = 2048
"""Parts that OpenCV's resize divides the way between two pixels into."""


def sample_regions(rows: Rows, placed: Placed, regions: npt.NDArray[np.float32], maps: Doubles, size: int) -> None:
    """Fill rows (N,) with where the crops of regions (N, 4) lie, which maps (N, 2, 3) take to the picture."""
    for row, region, to_image in zip(rows, regions, maps, strict=True):
        if needs_shrinking(region, size):
            part = part_under(placed.shape, region, to_image, size)
            _sample(row, placed, part.to_part, part.inner, part.low, part.high)
        else:
            width, height = placed.shape[::-1]
            _sample(row, placed, to_image, (width, height), NO_PIXELS, np.array([width, height]))


def sample_letterbox(row: Any, placed: Placed, box: Letterbox) -> None:
    """Fill a row with where a picture's letterbox lies."""
    width, height = placed.shape[::-1]
    crop = np.concatenate([np.eye(2), -box.offset[:, None]], axis=1)
    _sample(row, placed, crop, box.inner, NO_PIXELS, np.array([width, height]))


def _sample(row: Any, placed: Placed, crop: Doubles, inner: tuple[int, int], low: Any, high: Any) -> None:
    """One square of the part low .. high of a picture, shrunken to size inner."""
    size = high - low
    level = placed.level(halvings(size[::-1].tolist(), inner) if size.all() else 0)
    row["base"], row["width"] = level.base, level.width
    row["crop"], row["inner"] = crop, np.array(inner) - 1 if size.all() else -1
    ratio = size / np.array(inner)
    row["step"] = ratio / level.scale
    row["start"] = (0.5 * ratio + low) / level.scale - 0.5
    row["low"] = low // level.scale
    row["high"] = np.maximum(np.minimum(high // level.scale, (level.width, level.height)) - 1, row["low"])


def sample(pixels: Tensor, rows: Tensor, layout: Layout, size: int) -> Tensor:
    """Squares (N, size, size, 3), float32 of whole numbers, at the rows of a layout that begins with SAMPLED.

    pixels (P, 3) holds all pictures and their halvings.
    """
    field = {name: columns(rows, layout, name) for name in SAMPLED.names or ()}
    inner, share = _around(affine(field["crop"], _grid(size, rows).expand(len(rows), -1, -1)))
    shown = (inner >= 0) & (inner <= field["inner"][:, None, :, None])
    weights = torch.stack([1 - share, share], dim=-1) * shown  # (N, S, u v, before behind)
    halved = inner * field["step"][:, None, :, None] + field["start"][:, None, :, None]
    corners, share = _around(halved)
    low, high = (field[name][:, None, :, None, None] for name in ("low", "high"))
    corners = corners.to(torch.int32).maximum(low).minimum(high)
    parts = (torch.stack([1 - share, share], dim=-1) * ONE).round().to(torch.int32)
    found = torch.zeros(1, device=pixels.device)
    for side in range(2):
        lines = corners[:, :, 1, side] * field["width"][:, None, None] + field["base"][:, None, None]
        colours = _resized(pixels, lines, corners[:, :, 0], parts[:, :, 1, side], parts[:, :, 0])
        found = found + (colours * weights[:, :, 0, :, None]).sum(dim=2) * weights[:, :, 1, side, None]
    return found.view(-1, size, size, 3).round()


def _grid(size: int, like: Tensor) -> Tensor:
    """The pixels (1, size * size, 2) of a square, u v, row by row."""
    line = torch.arange(size, device=like.device, dtype=like.dtype)
    return torch.stack([line.expand(size, size), line[:, None].expand(size, size)], dim=-1).view(1, -1, 2)


def _around(places: Tensor) -> tuple[Tensor, Tensor]:
    """The whole numbers (..., 2) before and behind places (...), and the shares (...) of the way between them."""
    before = places.floor()
    return torch.stack([before, before + 1], dim=-1), places - before


def _resized(pixels: Tensor, lines: Tensor, columns_: Tensor, down: Tensor, across: Tensor) -> Tensor:
    """Colours (N, S, 2, 3) of two neighbours in the resized part, rounded at each step as OpenCV's resize does.

    lines (N, S, 2) are where the halved picture's rows above and below begin, columns_ (N, S, 2, 2) those on either
    side of each neighbour; down (N, S, 2) and across (N, S, 2, 2) are their parts of ONE.
    """
    total: Tensor | int = 2
    for line in range(2):
        index = (lines[:, :, line, None, None] + columns_).flatten().clamp(0, len(pixels) - 1)
        colours = pixels.index_select(0, index).view(*columns_.shape, 3).to(torch.int32)
        row = (colours * across[..., None]).sum(dim=3, dtype=torch.int32)
        total = total + (((row >> 4) * down[:, :, line, None, None]) >> 16)
    assert isinstance(total, Tensor)
    return total >> 2
