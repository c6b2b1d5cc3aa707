"""Renders batches of shots on a device: the pictures and truth that renderer.render gives one by one."""

from __future__ import annotations

from typing import NamedTuple

import torch

from hand_recon_train.synthetic.device.batch import Batch, Probing
from hand_recon_train.synthetic.device.jpeg import through_jpeg
from hand_recon_train.synthetic.device.painting import paint, shadow_on_wall
from hand_recon_train.synthetic.device.places import find_places, labels_of, resolve, surface_at
from hand_recon_train.synthetic.device.sensor import exposed
from hand_recon_train.synthetic.device.shading import shade, tables_on
from hand_recon_train.synthetic.device.shadows import openness, shadow_maps
from hand_recon_train.synthetic.device.views import pixels_of
from hand_recon_train.synthetic.device.zbuffer import planes_of, rasterise
from hand_recon_train.synthetic.renderer import WALL_SHADE
from hand_recon_train.synthetic.samples import SAMPLES

Tensor = torch.Tensor


class Pictures(NamedTuple):
    """What was rendered, on the device.

    images: (B, S, S, 3) uint8 RGB, as the sensor reads them, before JPEG. labels: (B, S, S) uint8, which hand's skin a
    pixel shows, 0 none. visible: (B, 2, 21) joints that are seen.
    """

    images: Tensor
    labels: Tensor
    visible: Tensor


class DeviceRenderer:
    """Renders batches on one device; the same batch gives the same pictures."""

    def __init__(self, device: torch.device) -> None:
        """Put the textures there."""
        self.device = device
        self._tables = tables_on(device)

    @torch.no_grad()
    def __call__(self, batch: Batch) -> Pictures:
        """The pictures of a batch that is on the device."""
        meshes, lighting, size = batch.meshes, batch.lighting, batch.size
        points, nearness = pixels_of(batch.cameras[meshes.picture], meshes.vertices)
        points, shape = SAMPLES * (points + 0.5) - 0.5, (SAMPLES * size, SAMPLES * size)
        planes = planes_of(points, nearness, meshes.faces, meshes.face_picture, shape)
        face, nearest = rasterise(planes, len(batch.known), shape)
        shadows = shadow_maps(meshes, lighting.to_map)
        covered, places = find_places(face, meshes)
        surface = surface_at(places, meshes, points, openness(meshes))
        colours = shade(places, surface, meshes, lighting, shadows, self._tables)
        pictures = resolve(covered, colours, _behind(batch, shadows).permute(0, 2, 3, 1).contiguous())
        labels = labels_of(covered, meshes.owner, (len(batch.known), size, size))
        images = exposed(pictures.permute(0, 3, 1, 2), batch.sensing)
        return Pictures(images, labels, _visible(batch.probing, meshes.owner, face, nearest, labels))


def compressed(pictures: Pictures, batch: Batch) -> Pictures:
    """The pictures as their cameras' JPEG files decode to."""
    images = through_jpeg(pictures.images, batch.sensing.quality, batch.sensing.subsampled)
    return pictures._replace(images=images)


def _behind(batch: Batch, shadows: Tensor) -> Tensor:
    """Backdrops (B, 3, S, S), with the hands' shadow on those that are walls close behind them."""
    lighting, wall = batch.lighting, batch.behind.wall
    share = shadow_on_wall(batch.cameras, wall, lighting.to_map, shadows, lighting.softness, batch.size)
    return paint(batch.behind, batch.size) * (1 - WALL_SHADE * (1 - share[:, None]))


def _visible(probing: Probing, owners: Tensor, face: Tensor, nearest: Tensor, labels: Tensor) -> Tensor:
    """(B, 2, 21) joints at whose pixel, or beside it, their own skin is seen near enough, as truth._seen."""
    hand = torch.arange(1, 3, device=face.device)[:, None, None]
    seen, inside = _around(probing.samples, face)
    near, _ = _around(probing.samples, nearest)
    own = inside & (seen >= 0) & (owners[seen.clamp(min=0)] == hand) & (near < probing.nearer[..., None])
    label, inside = _around(probing.at, labels)
    return own.any(dim=3) & (inside & (label == hand)).any(dim=3)


def _around(at: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
    """Values (B, 2, 21, 9) at and beside places (B, 2, 21, 2) x and y, and whether these are on the picture."""
    size = values.shape[1]
    steps = torch.arange(-1, 2, device=at.device)
    columns = (at[..., 0, None, None] + steps).expand(*at.shape[:3], 3, 3).flatten(3)
    rows = (at[..., 1, None, None] + steps[:, None]).expand(*at.shape[:3], 3, 3).flatten(3)
    inside = (rows >= 0) & (columns >= 0) & (rows < size) & (columns < size)
    picture = torch.arange(len(at), device=at.device)[:, None, None, None]
    return values[picture, rows.clamp(0, size - 1), columns.clamp(0, size - 1)], inside
