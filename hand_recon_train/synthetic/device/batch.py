"""Shots as flat arrays of a batch: what travels from the processes that draw to the device that renders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt
import torch

from hand_recon_ros.types import CameraModel
from hand_recon_train.synthetic.backdrops import Painting, Photograph
from hand_recon_train.synthetic.drawing import Shot
from hand_recon_train.synthetic.painting import fill
from hand_recon_train.synthetic.sensor import Sensor, streak
from hand_recon_train.synthetic.shadows import seen_by_lamp
from hand_recon_train.synthetic.truth import Known, known_about

Array = npt.NDArray[Any]
Tensor = torch.Tensor
Group = TypeVar("Group", bound=NamedTuple)

MOST_HANDS = 2


class Meshes(NamedTuple):
    """All scenes as one mesh of V vertices and F faces, those of a picture together and in its order.

    vertices, normals, colours: (V, 3). picture: (V,) of each vertex. faces: (F, 3) into all vertices. uv: (F, 3, 2).
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
    probing: Probing

    def to(self, device: torch.device) -> Batch:
        """The batch on a device."""
        return self._with(lambda tensor: tensor.to(device, non_blocking=True))

    def pin_memory(self) -> Batch:
        """The batch where a CUDA device can read it while other work goes on; data loaders call this."""
        return self._with(lambda tensor: tensor.pin_memory())

    def _with(self, change: Any) -> Batch:
        groups = {part.name: getattr(self, part.name) for part in fields(self)[3:]}
        changed = {name: type(group)(*map(change, group)) for name, group in groups.items()}
        return replace(self, cameras=change(self.cameras), **changed)


def batch_of(shots: Sequence[Shot]) -> Batch:
    """Shots, all of one size, as a batch.

    Raises:
        ValueError: there is none.
    """
    if not shots:
        raise ValueError("expected at least one shot, got none")
    size = shots[0].view.camera.width
    known = tuple(known_about(shot) for shot in shots)
    return Batch(
        size,
        known,
        torch.tensor([_camera(shot.view.camera) for shot in shots], dtype=torch.float64),
        _meshes(shots),
        _lighting(shots),
        _behind(shots, size),
        _sensing([shot.sensor for shot in shots]),
        _probing(known),
    )


def _camera(camera: CameraModel) -> list[float]:
    lens = [*camera.distortion, *[0.0] * (5 - len(camera.distortion))]
    return [camera.fx, camera.fy, camera.cx, camera.cy, *lens]


def _meshes(shots: Sequence[Shot]) -> Meshes:
    scenes = [shot.scene for shot in shots]
    vertices, faces = [len(scene.vertices) for scene in scenes], [len(scene.faces) for scene in scenes]
    starts, numbers = np.cumsum(vertices) - vertices, np.arange(len(scenes), dtype=np.int32)
    return Meshes(
        vertices=_joined([scene.vertices for scene in scenes], np.float32),
        normals=_joined([scene.normals for scene in scenes], np.float32),
        colours=_joined([scene.colours for scene in scenes], np.float32),
        picture=torch.from_numpy(np.repeat(numbers, vertices)),
        faces=_joined([scene.faces + start for scene, start in zip(scenes, starts, strict=True)], np.int32),
        uv=_joined([scene.uv for scene in scenes], np.float32),
        material=_joined([scene.material for scene in scenes], np.uint8),
        owner=_joined([scene.owner for scene in scenes], np.uint8),
        face_picture=torch.from_numpy(np.repeat(numbers, faces)),
        capsules=_padded([np.column_stack(shot.capsules) for shot in shots], np.float32),
    )


def _lighting(shots: Sequence[Shot]) -> Lighting:
    return Lighting(
        lamps=_stacked([shot.light.table for shot in shots], np.float32),
        to_map=_stacked([seen_by_lamp(shot.scene, shot.light)[1] for shot in shots], np.float64),
        softness=_stacked([shot.light.softness for shot in shots], np.int64),
        nails=_stacked([shot.skin.numbers for shot in shots], np.float32),
    )


def _behind(shots: Sequence[Shot], size: int) -> Behind:
    paintings = [_painting(shot.backdrop, size) for shot in shots]
    details = [np.zeros((1, 1, 3)) if p.detail is None else p.detail for p in paintings]
    photographs = {k: shot.backdrop for k, shot in enumerate(shots) if isinstance(shot.backdrop, Photograph)}
    stripes = [p.stripes for p in paintings]
    return Behind(
        field=_padded([p.field for p in paintings], np.float32),
        field_cells=_stacked([len(p.field) for p in paintings], np.int64),
        detail=_padded(details, np.float32),
        detail_cells=_stacked([len(detail) for detail in details], np.int64),
        clutter=_stacked([_clutter(p) for p in paintings], np.uint8),
        palette=_padded([np.array([(0, 0, 0), *(s.colour for s in p.shapes)]) for p in paintings], np.float32),
        stripes=_stacked([(s.way, s.phase, s.square, s.strength) if s else (0, 0, 0, 0) for s in stripes], np.float32),
        blur=_stacked([p.blur for p in paintings], np.float32),
        wall=_stacked([np.inf if shot.wall is None else shot.wall for shot in shots], np.float64),
        photographs=_stacked([p.piece for p in photographs.values()], np.uint8),
        photographed=_stacked(list(photographs), np.int64),
        brightness=_stacked([p.brightness for p in photographs.values()], np.float32),
    )


def _painting(backdrop: Painting | Photograph, size: int) -> Painting:
    if isinstance(backdrop, Painting):
        return backdrop
    return Painting(size, np.zeros((1, 1, 3)), shapes=(), stripes=None, detail=None, blur=0.0)


def _clutter(painting: Painting) -> Array:
    """Which shape (S, S), from 1, each pixel shows; drawn here, because outlines must be OpenCV's to the pixel."""
    canvas = np.zeros((painting.size, painting.size), np.uint8)
    for number, shape in enumerate(painting.shapes):
        fill(canvas, shape, [number + 1])
    return canvas


def _sensing(sensors: Sequence[Sensor]) -> Sensing:
    moving = [k for k, sensor in enumerate(sensors) if sensor.moves]
    streaks = [streak(sensors[k].movement) for k in moving]
    widest = max((len(kernel) for kernel in streaks), default=1)
    return Sensing(
        streaks=_stacked([np.pad(kernel, (widest - len(kernel)) // 2) for kernel in streaks], np.float32),
        moving=_stacked(moving, np.int64),
        softness=_stacked([sensor.softness for sensor in sensors], np.float32),
        vignette=_stacked([sensor.vignette for sensor in sensors], np.float32),
        noise=_stacked([(sensor.read_noise, sensor.shot_noise) for sensor in sensors], np.float64),
        seed=_stacked([sensor.seed for sensor in sensors], np.int64),
        quality=_stacked([sensor.quality for sensor in sensors], np.int64),
        subsampled=_stacked([sensor.subsampled for sensor in sensors], np.bool_),
    )


def _probing(known: Sequence[Known]) -> Probing:
    at, samples, nearer = zip(*(map(np.stack, zip(*of.probes, strict=True)) for of in known), strict=True)
    return Probing(
        _padded(at, np.int64, MOST_HANDS),
        _padded(samples, np.int64, MOST_HANDS),
        _padded(nearer, np.float64, MOST_HANDS),
    )


def _joined(parts: Sequence[Array], kind: Any) -> Tensor:
    return torch.from_numpy(np.concatenate(parts).astype(kind, copy=False))


def _stacked(parts: Sequence[Any], kind: Any) -> Tensor:
    return torch.from_numpy(np.array(parts, kind))


def _padded(parts: Sequence[Array], kind: Any, least: int = 0) -> Tensor:
    """Arrays of different size stacked, zeros after each."""
    shape = np.max([part.shape for part in parts], axis=0)
    shape[0] = max(shape[0], least)
    out = np.zeros((len(parts), *shape), kind)
    for k, part in enumerate(parts):
        out[k][tuple(slice(length) for length in part.shape)] = part
    return torch.from_numpy(out)
