"""From pixels to rays on the device, for every camera model, without its formulas.

Undistorting iterates, which would cost hundreds of small kernels. So the host evaluates the CPU path's own `normalise`
once a camera, on a coarse grid over and around its pictures, and the device interpolates between the grid's points:
what is kept is only the difference to the ray of the pinhole, so that a camera without distortion stays exact.
Interpolation is cubic convolution (Keys, IEEE Transactions on Acoustics, Speech and Signal Processing 29, 1981).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from hand_recon_ros.camera import normalise
from hand_recon_ros.types import CameraModel, FloatArray

Doubles = npt.NDArray[np.float64]

SIDE = 96
"""Points a side of a camera's grid."""
MARGIN = 0.25
"""Share of the picture that the grid reaches beyond it on every side; rays farther out take the difference there."""
CAMERAS = 64
"""Cameras with distortion whose maps are kept: as many as a rig may have."""
KEYS = ((0.0, -0.5, 1.0, -0.5), (1.0, 0.0, -2.5, 1.5), (0.0, 0.5, 2.0, -1.5), (0.0, 0.0, -0.5, 0.5))
"""Weights of the four points around a place, as polynomials in the share of the way from the second to the third."""


def ray_map(camera: CameraModel) -> FloatArray:
    """What distortion adds to the rays of a pinhole camera (SIDE, SIDE, 2), v before u."""
    share = np.linspace(-MARGIN, 1 + MARGIN, SIDE)
    u, v = np.meshgrid(share * camera.width - 0.5, share * camera.height - 0.5)
    pixels = np.stack([u, v], axis=-1)
    added = normalise(camera, pixels) - normalise(replace(camera, distortion=()), pixels)
    return np.nan_to_num(added, nan=0.0, posinf=0.0, neginf=0.0).astype(np.float32)


def to_ray(camera: CameraModel, to_image: Doubles) -> Doubles:
    """Affine maps (N, 2, 3) from what to_image (N, 2, 3) takes to pixels, to rays of the pinhole."""
    scaled = to_image / np.array([[camera.fx], [camera.fy]])
    scaled[:, :, 2] -= np.array([camera.cx / camera.fx, camera.cy / camera.fy])
    return scaled


def to_map(camera: CameraModel, to_image: Doubles) -> Doubles:
    """The same to places in the grid of its ray map, u v."""
    per_pixel = (SIDE - 1) / (1 + 2 * MARGIN) / np.array([camera.width, camera.height])
    scaled = to_image * per_pixel[:, None]
    scaled[:, :, 2] += 0.5 * per_pixel + MARGIN * (SIDE - 1) / (1 + 2 * MARGIN)
    return scaled


class RayMaps:
    """The maps of all cameras in one fixed block of memory, the first of them that of every pinhole."""

    def __init__(self, device: torch.device) -> None:
        self.maps = torch.zeros((1 + CAMERAS, SIDE, SIDE, 2), device=device)
        """(1 + CAMERAS, SIDE, SIDE, 2)."""
        self._numbers: dict[CameraModel, int] = {}

    def number(self, camera: CameraModel) -> int:
        """Which map is a camera's; its first time it is made and uploaded."""
        if not camera.distorted:
            return 0
        if camera not in self._numbers:
            if len(self._numbers) == CAMERAS:
                self._numbers.clear()
            self._numbers[camera] = 1 + len(self._numbers)
            self.maps[self._numbers[camera]].copy_(torch.from_numpy(ray_map(camera)))
        return self._numbers[camera]


def affine(maps: Tensor, points: Tensor) -> Tensor:
    """Points (N, L, 2) by maps (N, 2, 3)."""
    return torch.baddbmm(maps[:, None, :, 2], points, maps[:, :, :2].mT)


def look_up(maps: Tensor, keys: Tensor, which: Tensor, places: Tensor) -> Tensor:
    """Values (N, L, 2) at places (N, L, 2), u v, in the maps (M, SIDE, SIDE, 2) of numbers which (N,).

    keys (4, 4) holds KEYS on the device.
    """
    inside = places.clamp(1.0, SIDE - 2.001)
    first = inside.floor()
    share = (inside - first).unsqueeze(-1)
    weights = torch.cat([torch.ones_like(share), share, share**2, share**3], dim=-1) @ keys.mT
    # The first of the four points, and from there row by row.
    start = (first[..., 1] - 1) * SIDE + (first[..., 0] - 1)
    around = torch.arange(4, device=places.device, dtype=torch.int32)
    corner = start.to(torch.int32) + which[:, None] * (SIDE * SIDE)
    index = corner[..., None, None] + around[:, None] * SIDE + around
    values = maps.view(-1, 2).index_select(0, index.flatten().clamp(0, maps.numel() // 2 - 1)).view(*index.shape, 2)
    product = weights[:, :, 1, :, None] * weights[:, :, 0, None, :]
    return (values * product[..., None]).sum(dim=(2, 3))
