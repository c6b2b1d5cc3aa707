"""Meshes drawn through a camera onto a transparent layer, and layers laid over pictures."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from hand_recon_ros.camera import project, scaled_camera
from hand_recon_ros.render.creases import creases
from hand_recon_ros.render.rasterizer import rasterize
from hand_recon_ros.render.shading import face_normals, interpolate, shade, vertex_normals
from hand_recon_ros.types import ByteImage, CameraModel, FloatArray, IndexArray

Floats = npt.NDArray[np.floating]

MAX_SAMPLES = 1 << 20
"""Most samples of a layer: bounds time and memory on large pictures, where outlines need no smoothing."""


Texture: TypeAlias = Callable[[npt.NDArray[np.integer], npt.NDArray[np.floating]], FloatArray]


@dataclass(frozen=True)
class Mesh:
    """Something to draw.

    Attributes:
        vertices: (V, 3) metres in the camera optical frame. faces: (F, 3) outward winding.
        colours: RGB in 0 to 1, (V, 3) or (3,) for all; or a texture: a function of faces (N,) and barycentric
            coordinates (N, 3) that gives colours (N, 3).
    """

    vertices: Floats
    faces: npt.NDArray[np.integer]
    colours: npt.ArrayLike | Texture


class Layer(NamedTuple):
    """A transparent picture: colour (h, w, 3) in 0 to 255 times coverage (h, w) in 0 to 1, at (left, top).

    owner (h, w) tells which mesh is seen at a pixel, -1 where none is.
    """

    colour: FloatArray
    coverage: FloatArray
    owner: IndexArray
    left: int
    top: int


def draw_meshes(meshes: Sequence[Mesh], camera: CameraModel, detail: int = 2) -> Layer:
    """Draw meshes that hide one another; the layer is just large enough for what the camera sees of them.

    Args:
        meshes: any number of them.
        camera: what looks at them.
        detail: samples per pixel along each axis; 2 or more smooths the outlines. Large layers get fewer.
    """
    left, top, right, bottom = _box(meshes, camera)
    width, height = right - left, bottom - top
    if not width or not height:
        nothing = np.zeros((0, 0), np.float32)
        return Layer(nothing[..., None].repeat(3, axis=2), nothing, nothing.astype(np.int32), left, top)
    part = replace(camera, cx=camera.cx - left, cy=camera.cy - top, width=width, height=height)
    scale = min(detail, math.sqrt(MAX_SAMPLES / (width * height)))
    samples, face = _samples(meshes, scaled_camera(part, math.ceil(scale * width), math.ceil(scale * height)))
    smooth = np.asarray(cv2.resize(samples, (width, height), interpolation=cv2.INTER_AREA), np.float32)
    owner = cv2.resize(_owners(meshes, face), (width, height), interpolation=cv2.INTER_NEAREST)
    return Layer(smooth[..., :3], smooth[..., 3], np.asarray(owner, np.int32), left, top)


def lay_over(picture: ByteImage, layer: Layer, opacity: float = 1.0) -> None:
    """Blend a layer into a picture (H, W, 3), in place."""
    height, width = layer.coverage.shape
    if not layer.coverage.size:
        return
    part = picture[layer.top : layer.top + height, layer.left : layer.left + width]
    part[:] = np.rint(part * (1 - opacity * layer.coverage[..., None]) + opacity * layer.colour)


def _box(meshes: Sequence[Mesh], camera: CameraModel) -> tuple[int, int, int, int]:
    """Left, top, right, bottom (exclusive) of what is in front of the camera, within the picture; empty if nothing."""
    points = np.concatenate([np.zeros((0, 3)), *(mesh.vertices for mesh in meshes)])
    pixels = project(camera, points[np.isfinite(points).all(axis=1) & (points[:, 2] > 0)])
    if not len(pixels):
        return 0, 0, 0, 0
    limits = (camera.width, camera.height)
    low = np.floor(pixels.min(axis=0)).clip(0, limits).astype(int)
    high = (np.ceil(pixels.max(axis=0)) + 1).clip(low, limits).astype(int)
    return int(low[0]), int(low[1]), int(high[0]), int(high[1])


def _samples(meshes: Sequence[Mesh], camera: CameraModel) -> tuple[FloatArray, IndexArray]:
    """At every pixel of the camera: lit colour in 0 to 255 and coverage (0 or 1), (H, W, 4); the face there, (H, W)."""
    vertices, faces, colours = _joined(meshes)
    with np.errstate(divide="ignore", invalid="ignore"):  # points behind the camera, which the rasteriser leaves out
        pixels = project(camera, vertices)
    seen = rasterize(pixels, vertices[:, 2], faces, (camera.height, camera.width))
    attributes = np.concatenate([colours, vertex_normals(vertices, faces), vertices], axis=1)
    colour, normals, points = np.split(interpolate(seen, faces, attributes), [3, 6], axis=1)
    hit = seen.face >= 0
    _paint(colour, meshes, seen.face[hit], seen.barycentric[hit])
    outward = face_normals(vertices, faces)[seen.face[hit]]
    samples = np.zeros((camera.height, camera.width, 4), np.float32)
    lit = shade(colour, normals, points, inside=(outward * points).sum(axis=1) > 0)
    samples[hit, :3] = 255 * lit * creases(seen.depth, camera.fx)[hit, None]
    samples[hit, 3] = 1
    return samples, seen.face


def _owners(meshes: Sequence[Mesh], face: IndexArray) -> IndexArray:
    """Which mesh each of the faces (H, W) belongs to, -1 where there is none."""
    ends = np.cumsum([len(mesh.faces) for mesh in meshes])
    return np.where(face >= 0, np.searchsorted(ends, face, side="right"), -1).astype(np.int32)


def _joined(meshes: Sequence[Mesh]) -> tuple[Floats, npt.NDArray[np.integer], Floats]:
    offsets = np.cumsum([0, *(len(mesh.vertices) for mesh in meshes)])[:-1]
    faces = [mesh.faces + offset for mesh, offset in zip(meshes, offsets, strict=True)]
    plain = [np.zeros(3) if callable(mesh.colours) else np.asarray(mesh.colours) for mesh in meshes]
    colours = [np.broadcast_to(c, mesh.vertices.shape) for c, mesh in zip(plain, meshes, strict=True)]
    return np.concatenate([mesh.vertices for mesh in meshes]), np.concatenate(faces), np.concatenate(colours)


def _paint(colour: Floats, meshes: Sequence[Mesh], face: npt.NDArray[np.integer], barycentric: FloatArray) -> None:
    """Fill in the colours (N, 3) of the pixels that show a textured mesh."""
    start = 0
    for mesh in meshes:
        if callable(mesh.colours):
            own = (face >= start) & (face < start + len(mesh.faces))
            colour[own] = mesh.colours(face[own] - start, barycentric[own])
        start += len(mesh.faces)
