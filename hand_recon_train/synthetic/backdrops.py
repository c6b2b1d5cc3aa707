"""What is behind the hands, as drawn by chance: fields, clutter, stripes, or pieces of the user's pictures."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from hand_recon_ros.types import ByteImage
from hand_recon_train.synthetic.looks import draw_colour

Array = npt.NDArray[Any]

ENDINGS = {".jpg", ".jpeg", ".png", ".webp", ".bmp"}
LARGEST = 640
"""Pictures are kept with their shorter side at most this long."""
KEPT = 48
PROCEDURAL = 0.15
"""Share of the backdrops that are procedural although there are pictures."""
BOX, DISC, STICK = range(3)
"""Kinds of clutter."""


@dataclass(frozen=True)
class Shape:
    """A piece of clutter, pixels and degrees.

    Attributes:
        kind: BOX, DISC or STICK. colour: (3,) in 0 to 255.
        at: (2,) middle, of sticks an end. long, wide: size. turn: its direction, of sticks in radians.
        thickness: of sticks.
    """

    kind: int
    colour: list[float]
    at: Array
    long: float
    wide: float
    turn: float
    thickness: int


@dataclass(frozen=True)
class Stripes:
    """Waves over the picture: their direction and phase across it in radians, square or not, their strength."""

    way: float
    phase: float
    square: bool
    strength: float


@dataclass(frozen=True)
class Painting:
    """A smooth field of (C, C, 3) colours, clutter and stripes over it, finer detail to add, and a final blur.

    blur is a standard deviation in pixels, 0 for none; colours are float32 in 0 to 255.
    """

    size: int
    field: Array
    shapes: tuple[Shape, ...]
    stripes: Stripes | None
    detail: Array | None
    blur: float


@dataclass(frozen=True)
class Photograph:
    """A piece (S, S, 3) uint8 of a picture, and how bright it is shown."""

    piece: ByteImage
    brightness: np.float32


Backdrop = Painting | Photograph


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
    """Draws backdrops, some from a set of pictures; the last ones read are kept."""

    def __init__(self, files: Sequence[Path] = ()) -> None:
        """Take pieces of these pictures, or paint all."""
        self._files = tuple(files)
        self._kept: OrderedDict[Path, ByteImage] = OrderedDict()

    def draw(self, rng: np.random.Generator, size: int) -> Backdrop:
        """A backdrop for square pictures of `size` pixels.

        Raises:
            ValueError: the picture that was drawn cannot be read; names it.
        """
        if not self._files or rng.random() < PROCEDURAL:
            return draw_painting(rng, size)
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


def _piece(rng: np.random.Generator, picture: ByteImage, size: int) -> Photograph:
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
    return Photograph(np.asarray(piece, np.uint8), np.float32(np.exp(rng.normal(-0.05, 0.25))))


def draw_painting(rng: np.random.Generator, size: int) -> Painting:
    """A procedural backdrop: a smooth field, with shapes, stripes or noise over it."""
    return Painting(
        size,
        field=_field(rng, size, int(rng.integers(2, 6)), rng.uniform(8, 55), 255 * draw_colour(rng) ** (1 / 2.2)),
        shapes=_clutter(rng, size, int(rng.integers(2, 14))) if rng.random() < 0.65 else (),
        stripes=_stripes(rng) if rng.random() < 0.18 else None,
        detail=_detail(rng, size) if rng.random() < 0.6 else None,
        blur=float(rng.uniform(0.6, 5)) * size / 224 if rng.random() < 0.5 else 0.0,
    )


def _detail(rng: np.random.Generator, size: int) -> Array:
    return _field(rng, size, int(rng.choice([12, 24, 48, 64])), rng.uniform(3, 16), 0.0)


def _field(rng: np.random.Generator, size: int, cells: int, contrast: float, base: Array | float) -> Array:
    """Colours (C, C, 3) of at most `cells` cells across the picture, mostly alike in their channels."""
    cells = min(cells, size)
    shared = rng.normal(0, 1, (cells, cells, 1)) + 0.15 * rng.normal(0, 1, (cells, cells, 3))
    return np.asarray(base + contrast * shared, np.float32)


def _clutter(rng: np.random.Generator, size: int, count: int) -> tuple[Shape, ...]:
    return tuple(_shape(rng, size) for _ in range(count))


def _shape(rng: np.random.Generator, size: int) -> Shape:
    """A box, disc or stick; some are of skin's colours, so that these alone do not give a hand away."""
    colour = (255 * draw_colour(rng) ** (1 / 2.2)).tolist()
    if rng.random() < 0.25:
        colour = (255 * np.array([0.8, 0.58, 0.46]) * rng.uniform(0.3, 1.15)).tolist()
    at = rng.uniform(0, size, 2)
    long, wide, turn = rng.uniform(0.05, 0.5) * size, rng.uniform(0.02, 0.35) * size, rng.uniform(0, 180)
    kind = int(rng.integers(3))
    thickness = int(rng.integers(1, max(2, size // 14))) if kind == STICK else 0
    return Shape(kind, colour, at, float(long), float(wide), float(turn), thickness)


def _stripes(rng: np.random.Generator) -> Stripes:
    way, phase, square = rng.uniform(0, np.pi), rng.uniform(10, 120), rng.random() >= 0.5
    return Stripes(way, phase, bool(square), rng.uniform(0.03, 0.18))
