"""Shots as the arrays of a batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from hand_recon_ros.types import CameraModel
from hand_recon_train.datasets.sample import HandTruth
from hand_recon_train.synthetic.backdrops import Painting, Photograph
from hand_recon_train.synthetic.device.batch import Batch, Behind, Lighting, Meshes, Probing, Sensing, Truth
from hand_recon_train.synthetic.drawing import Shot
from hand_recon_train.synthetic.painting import fill
from hand_recon_train.synthetic.sensor import Sensor, streak
from hand_recon_train.synthetic.shadows import seen_by_lamp
from hand_recon_train.synthetic.truth import Known, known_about

Array = npt.NDArray[Any]
Tensor = torch.Tensor

MOST_HANDS = 2


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
        _truth(known),
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
        vertices=_joined([scene.vertices for scene in scenes], np.float64),
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


def _truth(known: Sequence[Known]) -> Truth:
    names = "joints", "joints_2d", "vertices", "pose", "betas", "translation"
    rows = ([np.stack([_of(hand, name) for hand in of.hands]) for of in known] for name in names)
    sides = [np.array([hand.side for hand in of.hands]) for of in known]
    return Truth(_padded(sides, np.int64, MOST_HANDS), *(_padded(parts, np.float32, MOST_HANDS) for parts in rows))


def _of(hand: HandTruth, name: str) -> Any:
    return getattr(hand if name in {"joints", "joints_2d", "vertices"} else hand.mano, name)


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
