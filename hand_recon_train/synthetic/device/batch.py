"""The arrays of a batch of shots: what travels from the processes that draw to the device that renders."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import accumulate, islice
from typing import Any, NamedTuple

import numpy as np
import torch

from hand_recon_train.synthetic.truth import Known

Tensor = torch.Tensor


class Meshes(NamedTuple):
    """All scenes as one mesh of V vertices and F faces, those of a picture together and in its order.

    vertices: (V, 3) float64, so that faces in one plane are decided for the same one as by the compiled z-buffer.
    normals, colours: (V, 3). picture: (V,) of each vertex. faces: (F, 3) into all vertices. uv: (F, 3, 2).
    material, owner, face_picture: (F,). capsules: (B, K, 7) start, end, radius, which is 0 where there is none.
    """

    vertices: Tensor
    normals: Tensor
    colours: Tensor
    picture: Tensor
    faces: Tensor
    uv: Tensor
    material: Tensor
    owner: Tensor
    face_picture: Tensor
    capsules: Tensor


class Lighting(NamedTuple):
    """lamps: (B, 7, 3) of Light.table. to_map: (B, 3, 4) float64. softness: (B,). nails: (B, 8) of Skin.numbers."""

    lamps: Tensor
    to_map: Tensor
    softness: Tensor
    nails: Tensor


class Behind(NamedTuple):
    """Backdrops; those that are pieces of pictures have zeros for a painting.

    field, detail: (B, C, C, 3), of which the first field_cells and detail_cells (B,) are used. clutter: (B, S, S) which
    row of the palette (B, P, 3) a pixel shows, 0 none. stripes: (B, 4) way, phase, whether square, strength.
    blur: (B,). wall: (B,) float64 depth, infinite where there is none. photographs: (N, S, S, 3) uint8 of pictures
    photographed (N,), and their brightness (N,).
    """

    field: Tensor
    field_cells: Tensor
    detail: Tensor
    detail_cells: Tensor
    clutter: Tensor
    palette: Tensor
    stripes: Tensor
    blur: Tensor
    wall: Tensor
    photographs: Tensor
    photographed: Tensor
    brightness: Tensor


class Sensing(NamedTuple):
    """streaks: (N, K, K) of pictures moving (N,). softness, vignette, seed, quality, subsampled: (B,).

    noise: (B, 2) float64, in the dark and in full light.
    """

    streaks: Tensor
    moving: Tensor
    softness: Tensor
    vignette: Tensor
    noise: Tensor
    seed: Tensor
    quality: Tensor
    subsampled: Tensor


class Truth(NamedTuple):
    """What is known of hands, (B, 2, ...) in metres and pixels as in Sample; zeros for hands that are not there.

    side: 0 none, else Side. joints: 21, 3. joints_2d: 21, 2. vertices: V, 3. pose: 48. betas: 10. translation: 3.
    """

    side: Tensor
    joints: Tensor
    joints_2d: Tensor
    vertices: Tensor
    pose: Tensor
    betas: Tensor
    translation: Tensor


class Probing(NamedTuple):
    """at, samples: (B, 2, 21, 2) int64. nearer: (B, 2, 21) float64, 0 for hands that are not there."""

    at: Tensor
    samples: Tensor
    nearer: Tensor


@dataclass(frozen=True)
class Batch:
    """B shots for square pictures of `size` pixels.

    Attributes:
        size: S.
        known: of each picture.
        cameras: (B, 9) float64, fx, fy, cx, cy, and the lens's five coefficients.
    """

    size: int
    known: tuple[Known, ...]
    cameras: Tensor
    meshes: Meshes
    lighting: Lighting
    behind: Behind
    sensing: Sensing
    truth: Truth
    probing: Probing


GROUPS: dict[str, Any] = {"meshes": Meshes, "lighting": Lighting, "behind": Behind, "sensing": Sensing, "truth": Truth,
          "probing": Probing}  # fmt: skip
ALIGNED = 16
"""Bytes between which the arrays of a parcel begin."""


@dataclass(frozen=True)
class Parcel:
    """A batch in one piece, so that it travels between processes and to a device in one go.

    Attributes:
        size, known: of the batch.
        layout: kind, shape and first byte of each of its arrays.
        content: (N,) uint8, all of them.
    """

    size: int
    known: tuple[Known, ...]
    layout: tuple[tuple[torch.dtype, tuple[int, ...], int], ...]
    content: Tensor

    def pin_memory(self) -> Parcel:
        """The parcel where a CUDA device reads it while other work goes on; torch's data loaders call this."""
        return replace(self, content=self.content.pin_memory())


def pack(batch: Batch) -> Parcel:
    """A batch as a parcel."""
    tensors = [batch.cameras, *(tensor for name in GROUPS for tensor in getattr(batch, name))]
    lengths = [-(-tensor.nbytes // ALIGNED) * ALIGNED for tensor in tensors]
    starts = list(accumulate(lengths, initial=0))
    content = torch.zeros(starts[-1], dtype=torch.uint8)
    for tensor, start in zip(tensors, starts, strict=False):
        content[start : start + tensor.nbytes] = torch.from_numpy(tensor.numpy().reshape(-1).view(np.uint8))
    layout = zip((t.dtype for t in tensors), (tuple(t.shape) for t in tensors), starts, strict=False)
    return Parcel(batch.size, batch.known, tuple(layout), content)


def unpack(parcel: Parcel, device: torch.device) -> Batch:
    """The batch of a parcel, on a device."""
    content = parcel.content.to(device, non_blocking=True)
    tensors = iter([_array(content, *place) for place in parcel.layout])
    cameras = next(tensors)
    groups = {name: kind(*islice(tensors, len(kind._fields))) for name, kind in GROUPS.items()}
    return Batch(parcel.size, parcel.known, cameras, **groups)


def _array(content: Tensor, kind: torch.dtype, shape: tuple[int, ...], start: int) -> Tensor:
    return content[start : start + math.prod(shape) * kind.itemsize].view(kind).view(shape)
