"""Colours of a mesh from its albedo under light in spherical harmonics of degree two.

Ramamoorthi and Hanrahan, "An Efficient Representation for Irradiance Environment Maps", SIGGRAPH 2001.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor, nn

from hand_recon_ros.types import IndexArray

INCIDENT = 8
HARMONICS = 9
# Of degrees 0, 1 and 2: a harmonic's normalisation times the share of it that a matt surface keeps.
D0 = math.pi / math.sqrt(4 * math.pi)
D1 = 2 * math.pi / math.sqrt(3) * math.sqrt(3 / (4 * math.pi))
D2 = 2 * math.pi / math.sqrt(8) * 3 * math.sqrt(5 / (12 * math.pi))


def incident_faces(faces: IndexArray, vertices: int) -> IndexArray:
    """Faces (V, 8) that a vertex is a corner of, by corner, then by number, again from the first until there are 8."""
    owners, numbers = faces.T.ravel(), np.tile(np.arange(len(faces)), 3)
    listed = np.split(numbers[np.argsort(owners, kind="stable")], np.bincount(owners, minlength=vertices).cumsum()[:-1])
    width = max(INCIDENT, *map(len, listed))
    return np.stack([np.resize(own, width) for own in listed]).astype(np.int32)


def harmonics(normals: Tensor) -> Tensor:
    """The nine functions (..., 9) of unit normals (..., 3)."""
    x, y, z = normals.unbind(-1)
    second = [x * y, -y * z, (3 * z * z - 1) / (2 * math.sqrt(3)), -x * z, (x * x - y * y) / 2]
    return torch.stack([D0 * torch.ones_like(x), -D1 * y, D1 * z, -D1 * x, *(D2 * value for value in second)], -1)


class Shading(nn.Module):
    """Colours the vertices of one mesh; its lists of faces are no part of the state dict."""

    corners: Tensor
    incident: Tensor

    def __init__(self, faces: IndexArray, vertices: int) -> None:
        """Take the faces (F, 3) of a mesh with so many vertices."""
        super().__init__()
        self.register_buffer("corners", torch.from_numpy(faces.T.astype(np.int64)), persistent=False)
        incident = incident_faces(faces, vertices).astype(np.int64)
        self.register_buffer("incident", torch.from_numpy(incident), persistent=False)

    def normals(self, vertices: Tensor) -> Tensor:
        """Unit normals (..., V, 3) of vertices (..., V, 3): the mean of eight incident faces, by their areas.

        Some faces count twice where fewer than eight meet: so the published light was trained.
        """
        first, second, third = (vertices[..., corner, :] for corner in self.corners)
        faces = torch.linalg.cross(first - second, second - third)
        total = faces[..., self.incident, :].sum(-2)
        return total / (torch.linalg.vector_norm(total, dim=-1, keepdim=True) + 1e-8)

    def forward(self, vertices: Tensor, albedo: Tensor, light: Tensor) -> Tensor:
        """Colours (..., V, 3), RGB, 1 is white, not limited.

        Args:
            vertices: (..., V, 3) in axes of the camera.
            albedo: (..., V, 3) RGB.
            light: (..., 3, 9) coefficients of each colour.
        """
        return albedo * self.light_at(vertices, light)

    def light_at(self, vertices: Tensor, light: Tensor) -> Tensor:
        """Light (..., V, 3) that falls on the vertices; see forward for the arguments."""
        return harmonics(self.normals(vertices)) @ light.mT
