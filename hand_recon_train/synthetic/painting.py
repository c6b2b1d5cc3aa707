"""Backdrops as pictures, and the hands' shadow on them."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from hand_recon_train.synthetic.backdrops import BOX, DISC, Backdrop, Painting, Photograph, Shape, Stripes
from hand_recon_train.synthetic.compiled import compiled
from hand_recon_train.synthetic.shadows import lit_share, on_map

Array = npt.NDArray[Any]

SHADOW_GRID = 4
"""Pixels between places where the shadow on the backdrop is evaluated."""


def paint(backdrop: Backdrop) -> Array:
    """The backdrop (size, size, 3), in 0 to 255."""
    return _shown(backdrop) if isinstance(backdrop, Photograph) else _painted(backdrop)


def _shown(photograph: Photograph) -> Array:
    return np.asarray((photograph.piece * photograph.brightness).clip(0, 255))


def _painted(painting: Painting) -> Array:
    picture = _enlarged(painting.field, painting.size)
    for shape in painting.shapes:
        fill(picture, shape, shape.colour)
    if painting.stripes:
        picture = _striped(picture, painting.stripes)
    if painting.detail is not None:
        picture = picture + _enlarged(painting.detail, painting.size)
    if painting.blur > 0:
        picture = cv2.GaussianBlur(picture, (0, 0), painting.blur)
    return np.asarray(picture.clip(0, 255))


def _enlarged(field: Array, size: int) -> Array:
    """Smooth colours (size, size, 3) through those of a field."""
    return cv2.resize(field, (size, size), interpolation=cv2.INTER_CUBIC if len(field) < size else cv2.INTER_NEAREST)


def fill(picture: Array, shape: Shape, colour: list[float]) -> None:
    """Draw a shape in a colour, one number a channel, onto a picture (H, W) or (H, W, C)."""
    if shape.kind == BOX:
        corners = cv2.boxPoints((tuple(shape.at.tolist()), (shape.long, shape.wide), shape.turn))
        cv2.fillConvexPoly(picture, np.rint(corners).astype(np.int32), colour, cv2.LINE_8)
    elif shape.kind == DISC:
        axes = int(shape.long / 2) + 1, int(shape.wide / 2) + 1
        cv2.ellipse(picture, tuple(shape.at.astype(int).tolist()), axes, shape.turn, 0, 360, colour, -1)
    else:
        end = shape.at + shape.long * np.array([np.cos(shape.turn), np.sin(shape.turn)])
        first, last = (tuple(np.rint(point).astype(int).tolist()) for point in (shape.at, end))
        cv2.line(picture, first, last, colour, shape.thickness)


def _striped(picture: Array, stripes: Stripes) -> Array:
    size = len(picture)
    along = np.arange(size, dtype=np.float32) / size
    phase = (along[:, None] * np.sin(stripes.way) + along * np.cos(stripes.way)) * stripes.phase
    wave = np.sign(np.sin(phase)).astype(np.float32) if stripes.square else np.sin(phase)
    return picture * (1 + np.float32(stripes.strength) * wave[..., None])


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
