"""Which places of a batch's surfaces have to be shaded, what is interpolated there, and the way back to pixels.

As in hand_recon_train.synthetic.samples: samples of a pixel on one surface share the shading of their first one.
"""

from __future__ import annotations

from typing import NamedTuple

import torch

from hand_recon_train.synthetic.device.batch import Meshes
from hand_recon_train.synthetic.samples import SAMPLES

Tensor = torch.Tensor

IN_PIXEL = SAMPLES * SAMPLES


class Covered(NamedTuple):
    """The P pixels of a batch that show a surface.

    pixel: (P,) number among all pixels. face: (P, 4) of the samples, -1 for none. place: (P, 4) which place each shows.
    """

    pixel: Tensor
    face: Tensor
    place: Tensor


class Places(NamedTuple):
    """N places to shade, in the order of pictures. face: (N,). sample: (N, 2) x and y. picture: (N,)."""

    face: Tensor
    sample: Tensor
    picture: Tensor


class Surface(NamedTuple):
    """What the N places show. shares: (N, 3) of the face's corners. point, normal, albedo: (N, 3). open: (N,)."""

    shares: Tensor
    point: Tensor
    normal: Tensor
    albedo: Tensor
    open: Tensor


def find_places(face: Tensor, meshes: Meshes) -> tuple[Covered, Places]:
    """The covered pixels of pictures with nearest faces (B, SAMPLES S, SAMPLES S), and the places they show."""
    size = face.shape[1] // SAMPLES
    samples = face.view(-1, size, SAMPLES, size, SAMPLES).transpose(2, 3).reshape(-1, IN_PIXEL)
    pixel = (samples >= 0).any(dim=1).nonzero()[:, 0]
    samples = samples[pixel].long()
    first = _first_of_surface(samples, meshes)
    shaded = (samples >= 0) & (first == torch.arange(IN_PIXEL, device=face.device))
    number = shaded.flatten().cumsum(0).view(-1, IN_PIXEL) - 1
    at, k = shaded.nonzero().unbind(dim=1)
    row, column = pixel[at] // size % size, pixel[at] % size
    sample = torch.stack([SAMPLES * column + k % SAMPLES, SAMPLES * row + k // SAMPLES], dim=1)
    covered = Covered(pixel, samples, number.gather(1, first))
    return covered, Places(samples[at, k], sample, pixel[at] // (size * size))


def _first_of_surface(samples: Tensor, meshes: Meshes) -> Tensor:
    """Which of its pixel's samples (P, 4) each shares its shading with: the first shaded one that shows its surface."""
    seen = samples.clamp(min=0)
    corners, material = meshes.faces[seen], meshes.material[seen]
    first = torch.arange(IN_PIXEL, device=samples.device).repeat(len(samples), 1)
    for k in range(1, IN_PIXEL):
        for i in reversed(range(k)):
            touching = (corners[:, i, :, None] == corners[:, k, None]).flatten(1).any(dim=1)
            alike = touching & (material[:, i] == material[:, k]) | (samples[:, i] == samples[:, k])
            shaded = (samples[:, i] >= 0) & (first[:, i] == i)
            first[:, k] = torch.where(shaded & alike, i, first[:, k])
    return first


def labels_of(covered: Covered, owner: Tensor, shape: tuple[int, int, int]) -> Tensor:
    """Which hand's skin has half of each pixel's samples, uint8 (B, S, S); 0 none, of two the first."""
    owners = owner[covered.face.clamp(min=0)].where(covered.face >= 0, 0)
    ours, theirs = (owners == 1).sum(dim=1), (owners == 2).sum(dim=1)
    label = torch.where(2 * torch.maximum(ours, theirs) >= IN_PIXEL, torch.where(ours >= theirs, 1, 2), 0)
    labels = torch.zeros(shape, dtype=torch.uint8, device=owner.device)
    labels.view(-1)[covered.pixel] = label.to(torch.uint8)
    return labels


def surface_at(places: Places, meshes: Meshes, points: Tensor, openness: Tensor) -> Surface:
    """What the places show, correct in perspective; points: (V, 2) float64 of the samples' pictures."""
    corners = meshes.faces[places.face]
    vertices = meshes.vertices.float()
    shares = _shares((points[corners] - places.sample[:, None]).float(), vertices[corners][..., 2])
    values = torch.cat([vertices, meshes.normals, meshes.colours, openness[:, None]], dim=1)
    at = (shares[..., None] * values[corners]).sum(dim=1)
    normal = at[:, 3:6] / (at[:, 3:6].norm(dim=1, keepdim=True) + 1e-12)
    return Surface(shares, at[:, :3], normal, at[:, 6:9], at[:, 9])


def _shares(corner: Tensor, depth: Tensor) -> Tensor:
    """Shares (N, 3) at the origin of corners (N, 3, 2) with depths (N, 3)."""
    nexts, lasts = corner.roll(-1, dims=1), corner.roll(-2, dims=1)
    opposite = nexts[..., 0] * lasts[..., 1] - nexts[..., 1] * lasts[..., 0]
    weight = opposite * depth.roll(-1, dims=1) * depth.roll(-2, dims=1)
    return weight / weight.sum(dim=1, keepdim=True)


def resolve(covered: Covered, colours: Tensor, pictures: Tensor) -> Tensor:
    """Pictures (B, S, S, 3) with the mean of the samples' colours (N, 3) over them; in place."""
    behind = pictures.view(-1, 3)
    shown = (covered.face >= 0)[..., None]
    samples = torch.where(shown, colours[covered.place], behind[covered.pixel][:, None])
    behind[covered.pixel] = samples.mean(dim=1)
    return pictures
