"""A z-buffer for batches of pictures: by a Triton kernel on CUDA devices, by PyTorch's own operations elsewhere.

A sample keeps the largest of the faces' keys: nearness above, the face's number below, in one 64-bit integer. The
largest of integers does not depend on the order in which faces come, so pictures follow from their seeds.
"""

from __future__ import annotations

from typing import NamedTuple

import torch

NOTHING = -1
INCLUSIVE = 1e-6
"""Share of a face by which its edges are moved outwards, so that rounding leaves no gaps."""
LAST_FACE = 0x7FFFFFFF
AT_ONCE = 1 << 24
"""Samples of faces' boxes that are tested at once without the kernel; bounds the memory it takes."""


class Planes(NamedTuple):
    """Faces as linear functions of a picture's samples.

    box: (F, 4) int32, left, top, right and bottom sample, both ends in; empty where a face is not to be drawn.
    share: (F, 2, 3) float32, shares of the first two corners at the box's left upper sample, and steps right and down.
    near: (F, 3) float64, nearness in the same way; rounded once at the end, so that ties are the compiled z-buffer's.
    picture: (F,) int32, which picture of the batch each is on.
    """

    box: torch.Tensor
    share: torch.Tensor
    near: torch.Tensor
    picture: torch.Tensor


def planes_of(
    points: torch.Tensor,
    nearness: torch.Tensor,
    faces: torch.Tensor,
    picture: torch.Tensor,
    size: tuple[int, int],
    facing: int = 1,
) -> Planes:
    """Faces as the z-buffer takes them, in double precision until the corner of each box is reached.

    Args:
        points: (V, 2) float64 samples, (0, 0) the centre of the top-left one.
        nearness: (V,) float64, linear in the picture; faces with a corner that is not finite are left out.
        faces: (F, 3) outward winding, into the vertices of the whole batch.
        picture: (F,) which picture each is on.
        size: (height, width).
        facing: 1 for faces towards the viewer, -1 for those that face away.
    """
    corner, near = points[faces], nearness[faces]
    a, b, c = corner.unbind(dim=1)
    area = -facing * ((b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0])
    drawn = near.isfinite().all(dim=1) & (area > 1e-12)
    most = torch.tensor([size[1], size[0]], dtype=points.dtype, device=points.device)
    low = corner.amin(dim=1).ceil().clamp(min=0).minimum(most)
    high = torch.where(drawn[:, None], corner.amax(dim=1).floor().minimum(most - 1), -1.0)
    scale = -facing / torch.where(drawn, area, 1.0)
    share = torch.stack([_edge(c - b, low - b, scale), _edge(a - c, low - c, scale)], dim=1)
    na, nb, nc = torch.where(drawn[:, None], near, 0.0).unbind(dim=1)
    plane = share[:, 0] * (na - nc)[:, None] + share[:, 1] * (nb - nc)[:, None]
    plane[:, 0] += nc
    box = torch.cat([low, high.clamp(min=-1)], dim=1).int()
    return Planes(box, share.float().contiguous(), plane.contiguous(), picture.int())


def _edge(along: torch.Tensor, start: torch.Tensor, scale: torch.Tensor) -> torch.Tensor:
    """The share (F, 3) that grows from an edge: at the start, and its steps right and down."""
    right, down = -along[:, 1] * scale, along[:, 0] * scale
    return torch.stack([start[:, 0] * right + start[:, 1] * down, right, down], dim=1)


def rasterise(planes: Planes, pictures: int, size: tuple[int, int]) -> tuple[torch.Tensor, torch.Tensor]:
    """The nearest face at every sample, NOTHING where there is none, and its nearness, 0 there; both (B, H, W).

    Equally near faces are decided for the first one.
    """
    keys = torch.zeros((pictures, *size), dtype=torch.int64, device=planes.box.device)
    if len(planes.box):
        fill = _fill_by_kernel if _has_kernel(keys) else _fill
        fill(planes, keys)
    return decoded(keys)


def decoded(keys: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Face and nearness of keys."""
    face = torch.where(keys > 0, LAST_FACE - (keys & 0xFFFFFFFF), NOTHING).int()
    return face, (keys >> 32).int().view(torch.float32)


def _has_kernel(keys: torch.Tensor) -> bool:
    if keys.device.type != "cuda":
        return False
    try:
        import triton  # noqa: F401  # not on all platforms; the other way works there
    except ImportError:
        return False
    return True


def _fill_by_kernel(planes: Planes, keys: torch.Tensor) -> None:
    from hand_recon_train.synthetic.device.kernel import fill

    fill(planes, keys)


def _fill(planes: Planes, keys: torch.Tensor) -> None:
    """Test all samples of the faces' boxes, some millions at once."""
    extent = (planes.box[:, 2:] - planes.box[:, :2] + 1).clamp(min=0).long()
    counts = extent[:, 0] * extent[:, 1]
    ends = counts.cumsum(0)
    first = 0
    while first < len(counts):
        before = int(ends[first - 1]) if first else 0
        last = max(first + 1, int(torch.searchsorted(ends, before + AT_ONCE, right=True)))
        part = Planes(*(values[first:last] for values in planes))
        _fill_part(part, extent[first:last, 0], counts[first:last], first, keys)
        first = last


def _fill_part(planes: Planes, widths: torch.Tensor, counts: torch.Tensor, first: int, keys: torch.Tensor) -> None:
    of = torch.repeat_interleave(torch.arange(len(counts), device=counts.device), counts)
    place = torch.arange(len(of), device=counts.device) - (counts.cumsum(0) - counts)[of]
    down, right = place // widths[of], place % widths[of]
    u, v, near = (_at(plane[of], right, down) for plane in (planes.share[:, 0], planes.share[:, 1], planes.near))
    near = near.float()
    inside = ((u >= -INCLUSIVE) & (v >= -INCLUSIVE) & (u + v <= 1 + INCLUSIVE) & (near > 0)).nonzero()[:, 0]
    of = of[inside]
    row, column = planes.box[of, 1] + down[inside], planes.box[of, 0] + right[inside]
    sample = (planes.picture[of].long() * keys.shape[1] + row) * keys.shape[2] + column
    key = (near[inside].view(torch.int32).long() << 32) | (LAST_FACE - first - of)
    keys.view(-1).scatter_reduce_(0, sample, key, "amax")


def _at(plane: torch.Tensor, right: torch.Tensor, down: torch.Tensor) -> torch.Tensor:
    return plane[:, 0] + right * plane[:, 1] + down * plane[:, 2]
