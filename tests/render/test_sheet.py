"""Contact sheets of overlays."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from hand_recon_ros.render.overlay import Style
from hand_recon_ros.render.sheet import CAPTION_PX, FRAMES, SHARP_PX, OverlaySheet, captioned
from hand_recon_ros.render.views import BACKGROUND
from hand_recon_ros.types import HandFrame

GAP = 4


def grey(frame: HandFrame, value: int) -> np.ndarray:
    return np.full((frame.camera.height, frame.camera.width, 3), value, np.uint8)


def sheet_of(path: Path, frame: HandFrame, values: list[int], most: int, style: Style | None = None) -> np.ndarray:
    with OverlaySheet(path, most, style) as sheet:
        for value in values:
            sheet.add(grey(frame, value), frame, f"picture {value}")
    return cv2.imread(str(path))[..., ::-1]


def cells(sheet: np.ndarray, columns: int) -> list[np.ndarray]:
    """The pictures of a sheet of 4:3 pictures, without captions."""
    width = (sheet.shape[1] - GAP) // columns
    height = width * 3 // 4 - 3 + CAPTION_PX + GAP
    tops = range(GAP, sheet.shape[0] - GAP, height)
    return [
        sheet[top : top + height - CAPTION_PX - GAP, left : left + width - GAP]
        for top in tops
        for left in range(GAP, sheet.shape[1] - GAP, width)
    ]


@pytest.mark.parametrize(("count", "columns"), [(1, 1), (3, 3), (5, 4), (30, 6)])
def test_every_picture_is_on_the_sheet_in_order_with_a_caption(
    two_hands: HandFrame, tmp_path: Path, count: int, columns: int
) -> None:
    nobody = replace(two_hands, hands=())
    values = [50 + 5 * number for number in range(count)]
    sheet = sheet_of(tmp_path / "sheet.png", nobody, values, count)
    assert sheet.shape[1] == columns * (SHARP_PX + GAP) + GAP
    shown = cells(sheet, columns)
    assert [int(np.median(cell)) for cell in shown[:count]] == values
    assert all((cell == BACKGROUND).all() for cell in shown[count:])
    captions = (sheet < 150).any(axis=2) & (sheet > 20).any(axis=2)
    assert captions[GAP + 300 : GAP + 300 + CAPTION_PX, :SHARP_PX].any()


def test_overlays_are_drawn_in_the_style_that_was_asked_for(two_hands: HandFrame, tmp_path: Path) -> None:
    with_hands = sheet_of(tmp_path / "a.png", two_hands, [90], 1)
    without = sheet_of(tmp_path / "b.png", two_hands, [90], 1, Style(opacity=0, skeleton=False, labels=False))
    assert (cells(with_hands, 1)[0] != 90).any() and (cells(without, 1)[0] == 90).all()


@pytest.mark.parametrize("count", [FRAMES + 1, 97, 1000])
def test_a_long_video_leaves_evenly_spaced_pictures_from_the_first_on(
    two_hands: HandFrame, tmp_path: Path, count: int
) -> None:
    small = replace(two_hands, hands=(), camera=replace(two_hands.camera, width=40, height=30))
    values = [round(240 * number / (count - 1)) for number in range(count)]
    sheet = sheet_of(tmp_path / "sheet.png", small, values, FRAMES)
    shown = [float(np.median(cell)) for cell in cells(sheet, 4)]
    assert len(shown) == FRAMES
    np.testing.assert_allclose(shown, np.linspace(0, 240, FRAMES), atol=12)


def test_an_interruption_keeps_the_pictures_so_far_and_none_make_no_file(two_hands: HandFrame, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), OverlaySheet(tmp_path / "some.png", 4) as sheet:
        sheet.add(grey(two_hands, 9), two_hands, "one")
        raise KeyboardInterrupt
    with OverlaySheet(tmp_path / "none.png"):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["some.png"]


def test_many_pictures_make_small_cells_on_a_bounded_sheet(two_hands: HandFrame, tmp_path: Path) -> None:
    nobody = replace(two_hands, hands=())
    with OverlaySheet(tmp_path / "sheet.png", 10_000) as sheet:
        sheet.add(grey(nobody, 9), nobody, "one")
    assert cv2.imread(str(tmp_path / "sheet.png")).shape[1] == 8000 // 100 + 2 * GAP


def test_a_long_caption_keeps_its_end_within_the_picture() -> None:
    picture = np.zeros((10, 120, 3), np.uint8)
    short, long = captioned(picture, "a.png"), captioned(picture, "a" * 300 + ".png")
    assert short.shape == long.shape == (10 + CAPTION_PX, 120, 3)
    assert (long[10:, -5:] == BACKGROUND).all() and (long[10:, :5] == BACKGROUND).all()
    assert (long[10:] != BACKGROUND).any()
