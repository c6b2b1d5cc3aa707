"""The z-buffer's inner loop for CUDA devices; `TRITON_INTERPRET=1` runs it on a processor, slowly, for tests."""

from __future__ import annotations

import torch
import triton
import triton.language as tl

from hand_recon_train.synthetic.device.zbuffer import INCLUSIVE, LAST_FACE, Planes

TILE = 8, 16
"""Rows and columns that a program tests at once: most faces of a hand lie within."""


@triton.jit  # type: ignore[untyped-decorator, unused-ignore]
def _fill_face(  # type: ignore[no-untyped-def]  # Triton takes annotations for types of its own
    box,
    share,
    near_plane,
    picture,
    keys,
    height,
    width,
    inclusive,
    last_face,
    ROWS: tl.constexpr,
    COLUMNS: tl.constexpr,
):
    """One face: put its key into all samples that it covers, where none is larger."""
    face = tl.program_id(0)
    left, top = tl.load(box + 4 * face), tl.load(box + 4 * face + 1)
    right, bottom = tl.load(box + 4 * face + 2), tl.load(box + 4 * face + 3)
    u0, ux, uy = tl.load(share + 6 * face), tl.load(share + 6 * face + 1), tl.load(share + 6 * face + 2)
    v0, vx, vy = tl.load(share + 6 * face + 3), tl.load(share + 6 * face + 4), tl.load(share + 6 * face + 5)
    n0, nx, ny = tl.load(near_plane + 3 * face), tl.load(near_plane + 3 * face + 1), tl.load(near_plane + 3 * face + 2)
    mine = keys + tl.load(picture + face).to(tl.int64) * height * width
    low = (last_face - face).to(tl.int64)
    for row in range(top, bottom + 1, ROWS):
        y = row + tl.arange(0, ROWS)[:, None]
        for column in range(left, right + 1, COLUMNS):
            x = column + tl.arange(0, COLUMNS)[None, :]
            along, down = (x - left).to(tl.float32), (y - top).to(tl.float32)
            u = u0 + along * ux + down * uy
            v = v0 + along * vx + down * vy
            near = (n0 + along.to(tl.float64) * nx + down.to(tl.float64) * ny).to(tl.float32)
            inside = (u >= -inclusive) & (v >= -inclusive) & (u + v <= 1 + inclusive) & (near > 0)
            inside = inside & (x <= right) & (y <= bottom)
            key = (near.to(tl.int32, bitcast=True).to(tl.int64) << 32) | low
            tl.atomic_max(mine + y * width + x, key, mask=inside, sem="relaxed")


def fill(planes: Planes, keys: torch.Tensor) -> None:
    """Put the keys of all faces into keys (B, H, W)."""
    height, width = keys.shape[1:]
    with torch.cuda.device_of(keys):
        _fill_face[(len(planes.box),)](
            planes.box, planes.share, planes.near, planes.picture, keys, height, width, INCLUSIVE, LAST_FACE, *TILE,
            num_warps=1,
        )  # fmt: skip
