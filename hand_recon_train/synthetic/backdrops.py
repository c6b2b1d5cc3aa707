"""What is behind the hands: gradients, clutter, noise of any coarseness, or pieces of the user's pictures."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from hand_recon_ros.types import ByteImage
from hand_recon_train.synthetic.compiled import compiled
from hand_recon_train.synthetic.looks import draw_colour
from hand_recon_train.synthetic.shadows import lit_share, on_map

Array = npt.NDArray[Any]

ENDINGS = {".jpg", ".jpeg", ".png", ".webp", ".bmp"}
LARGEST = 640
"""Pictures are kept with their shorter side at most this long."""
KEPT = 48
PROCEDURAL = 0.15
"""Share of the backdrops that are procedural although there are pictures."""
SHADOW_GRID = 4
"""Pixels between places where the shadow on the backdrop is evaluated."""


def find_backgrounds(folder: Path) -> tuple[Path, ...]:
    """All pictures below a folder, sorted.

    Raises:
        ValueError: there is none.
    """
    found = tuple(sorted(path for path in folder.rglob("*") if path.suffix.lower() in ENDINGS and path.is_file()))
    if not found:
        raise ValueError(f"expected pictures ({', '.join(sorted(ENDINGS))}) in {folder}, found none")
    return found


class Backdrops:
    """Backdrops over a set of pictures; the last ones read are kept."""

    def __init__(self, files: Sequence[Path] = ()) -> None:
        """Draw from these pictures, or paint all."""
        self._files = tuple(files)
        self._kept: OrderedDict[Path, ByteImage] = OrderedDict()

    def draw(self, rng: np.random.Generator, size: int) -> Array:
        """A backdrop (size, size, 3), float32 in 0 to 255.

        Raises:
            ValueError: the picture that was drawn cannot be read; names it.
        """
        if not self._files or rng.random() < PROCEDURAL:
            return painted(rng, size)
        return _piece(rng, self._read(self._files[rng.integers(len(self._files))]), size)

    def _read(self, path: Path) -> ByteImage:
        if path not in self._kept:
            self._kept[path] = _read_shrunk(path)
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return self._kept[path]


def _read_shrunk(path: Path) -> ByteImage:
    picture = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR) if path.stat().st_size else None
    if picture is None:
        raise ValueError(f"expected a picture in {path}, it cannot be decoded; take it out of the backgrounds")
    scale = LARGEST / min(picture.shape[:2])
    if scale < 1:
        size = round(picture.shape[1] * scale), round(picture.shape[0] * scale)
        picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8)


def _piece(rng: np.random.Generator, picture: ByteImage, size: int) -> Array:
    """A turned, mirrored, brightened piece of a picture."""
    height, width = picture.shape[:2]
    side = rng.uniform(0.35, 1) * min(height, width)
    warp = cv2.getRotationMatrix2D((0, 0), rng.normal(0, 12), size / side)
    warp[:, 2] = size / 2 - warp[:, :2] @ (
        rng.uniform(side / 2, width - side / 2),
        rng.uniform(side / 2, height - side / 2),
    )
    if rng.random() < 0.5:
        warp[0] = -warp[0] + (0, 0, size - 1)
    piece = cv2.warpAffine(picture, warp, (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    return (piece * np.float32(np.exp(rng.normal(-0.05, 0.25)))).clip(0, 255)


def painted(rng: np.random.Generator, size: int) -> Array:
    """A procedural backdrop: a smooth field, with shapes, stripes or noise over it."""
    picture = _field(rng, size, int(rng.integers(2, 6)), rng.uniform(8, 55), 255 * draw_colour(rng) ** (1 / 2.2))
    if rng.random() < 0.65:
        picture = _clutter(rng, picture, int(rng.integers(2, 14)))
    if rng.random() < 0.18:
        picture = _stripes(rng, picture)
    if rng.random() < 0.6:
        detail = _field(rng, size, int(rng.choice([12, 24, 48, 64])), rng.uniform(3, 16), 0.0)
        picture = picture + detail
    if rng.random() < 0.5:
        picture = cv2.GaussianBlur(picture, (0, 0), float(rng.uniform(0.6, 5)) * size / 224)
    return picture.clip(0, 255)


def _field(rng: np.random.Generator, size: int, cells: int, contrast: float, base: Array | float) -> Array:
    """Smooth colours that change over `cells` cells, mostly alike in their channels."""
    cells = min(cells, size)
    shared = rng.normal(0, 1, (cells, cells, 1)) + 0.15 * rng.normal(0, 1, (cells, cells, 3))
    coarse = (base + contrast * shared).astype(np.float32)
    return cv2.resize(coarse, (size, size), interpolation=cv2.INTER_CUBIC if cells < size else cv2.INTER_NEAREST)


def _clutter(rng: np.random.Generator, picture: Array, count: int) -> Array:
    """Boxes, discs and sticks, some of skin's colours, so that these alone do not give a hand away."""
    size = len(picture)
    picture = np.ascontiguousarray(picture)
    for _ in range(count):
        colour = (255 * draw_colour(rng) ** (1 / 2.2)).tolist()
        if rng.random() < 0.25:
            colour = (255 * np.array([0.8, 0.58, 0.46]) * rng.uniform(0.3, 1.15)).tolist()
        at = rng.uniform(0, size, 2)
        long, wide, turn = rng.uniform(0.05, 0.5) * size, rng.uniform(0.02, 0.35) * size, rng.uniform(0, 180)
        kind = rng.integers(3)
        if kind == 0:
            corners = cv2.boxPoints((tuple(at.tolist()), (float(long), float(wide)), float(turn)))
            cv2.fillConvexPoly(picture, np.rint(corners).astype(np.int32), colour, cv2.LINE_8)
        elif kind == 1:
            axes = int(long / 2) + 1, int(wide / 2) + 1
            cv2.ellipse(picture, tuple(at.astype(int).tolist()), axes, turn, 0, 360, colour, -1)
        else:
            end = at + long * np.array([np.cos(turn), np.sin(turn)])
            first, last = (tuple(np.rint(point).astype(int).tolist()) for point in (at, end))
            cv2.line(picture, first, last, colour, int(rng.integers(1, max(2, size // 14))))
    return picture


def _stripes(rng: np.random.Generator, picture: Array) -> Array:
    size, way = len(picture), rng.uniform(0, np.pi)
    along = np.arange(size, dtype=np.float32) / size
    phase = (along[:, None] * np.sin(way) + along * np.cos(way)) * rng.uniform(10, 120)
    wave = np.sin(phase) if rng.random() < 0.5 else np.sign(np.sin(phase)).astype(np.float32)
    return picture * (1 + np.float32(rng.uniform(0.03, 0.18)) * wave[..., None])


def shadow_on_wall(
    focal: float, centre: Array, size: int, depth: float, shadow: tuple[Array, Array], softness: int
) -> Array:
    """Share (size, size) of the key lamp that reaches a wall across the view at a depth in metres."""
    coarse = np.empty((-(-size // SHADOW_GRID), -(-size // SHADOW_GRID)), np.float32)
    _wall(coarse, float(focal), float(centre[0]), float(centre[1]), float(depth), *shadow, softness)
    soft = cv2.blur(coarse, (3, 3))
    return np.asarray(cv2.resize(soft, (size, size), interpolation=cv2.INTER_LINEAR))


@compiled
def _wall(
    coarse: Array, focal: float, cx: float, cy: float, depth: float, seen: Array, to_map: Array, softness: int
) -> None:
    for i in range(coarse.shape[0]):
        for j in range(coarse.shape[1]):
            u, v = (j + 0.5) * SHADOW_GRID - 0.5, (i + 0.5) * SHADOW_GRID - 0.5
            place = on_map(to_map, ((u - cx) / focal * depth, (v - cy) / focal * depth, depth))
            coarse[i, j] = lit_share(place[0], place[1], place[2], seen, softness)
