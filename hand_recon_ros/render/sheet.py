"""Many overlays as one picture, each with a caption."""

from __future__ import annotations

import math
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

import cv2
import numpy as np

from hand_recon_ros.render.labels import FONT
from hand_recon_ros.render.overlay import Style, draw_overlay
from hand_recon_ros.render.picture import save_png
from hand_recon_ros.render.scaled import fitted
from hand_recon_ros.render.views import BACKGROUND, contact_sheet
from hand_recon_ros.types import ByteImage, HandFrame

SHARP_PX, SHEET_PX = 400, 8000
"""Longest side of a picture on a sheet of few, and of a sheet of many."""
FRAMES, SPARE = 12, 8
"""Overlays of a video's sheet, and how many times as many are held until its end shows which ones are evenly spaced."""
CAPTION_PX, MARGIN, TEXT_SCALE = 22, 6, 0.42
INK = (40, 40, 40)


class _Cell(NamedTuple):
    rgb: ByteImage
    frame: HandFrame
    caption: str

    def drawn(self, style: Style | None) -> ByteImage:
        return captioned(draw_overlay(self.rgb, self.frame, style), self.caption)


class OverlaySheet:
    """Collects overlays and writes them as one PNG at the end, however that comes; use it in a with statement.

    Without overlays there is no file. More overlays than `most` are thinned out to evenly spaced ones.
    """

    def __init__(self, path: Path, most: int = FRAMES, style: Style | None = None):
        self._path, self._most, self._style = path, most, style
        self._columns = max(min(4, most), math.ceil(math.sqrt(most)))
        self._cell = min(SHARP_PX, SHEET_PX // self._columns)
        self._cells: list[_Cell] = []
        self._seen, self._stride = 0, 1

    def __enter__(self) -> OverlaySheet:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._cells:
            places = np.linspace(0, len(self._cells) - 1, min(self._most, len(self._cells)))
            drawn = [self._cells[place].drawn(self._style) for place in np.rint(places).astype(int).tolist()]
            save_png(self._path, contact_sheet(drawn, min(self._columns, len(drawn))))

    def add(self, rgb: ByteImage, frame: HandFrame, caption: str) -> None:
        """Append the overlay of a picture (H, W, 3), drawn at the size that it has on the sheet."""
        if self._seen % self._stride == 0:
            self._cells.append(_Cell(*fitted(rgb, frame, self._cell), caption))
        self._seen += 1
        if len(self._cells) >= SPARE * self._most:
            del self._cells[1::2]
            self._stride *= 2


def captioned(picture: ByteImage, text: str) -> ByteImage:
    """The picture (H, W, 3) with a line of text below, cut off at the front where it is too long."""
    band = np.full((CAPTION_PX, picture.shape[1], 3), BACKGROUND, np.uint8)
    room = band.shape[1] - 2 * MARGIN
    while len(text) > 3 and cv2.getTextSize(text, FONT, TEXT_SCALE, 1)[0][0] > room:
        text = ".." + text[3:]
    cv2.putText(band, text, (MARGIN, CAPTION_PX - 7), FONT, TEXT_SCALE, INK, 1, cv2.LINE_AA)
    return np.concatenate([picture, band])
