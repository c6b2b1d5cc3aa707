"""The figure of joint angles: its lines are the data."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from hand_recon_ros.evaluation.angle_plot import angle_figure, save_angle_plot
from hand_recon_ros.evaluation.angle_series import AngleSeries
from hand_recon_ros.hand_model import ANGLES
from hand_recon_ros.types import Side


@pytest.fixture
def series() -> AngleSeries:
    """Two sides, 20 pictures; the left hand is lost for five of them, and once seen between two gaps."""
    rng = np.random.default_rng(0)
    left, right = rng.uniform(-0.3, 1.5, (2, 20, len(ANGLES)))
    left[8:13], left[16], left[18] = np.nan, np.nan, np.nan
    return AngleSeries(np.arange(20) / 15, {Side.LEFT: left, Side.RIGHT: right})


def test_every_angle_is_a_line_with_its_values_and_gaps(series: AngleSeries) -> None:
    panels = angle_figure(series).axes
    assert [panel.get_title() for panel in panels[:2]] == ["left hand", "right hand"]
    drawn = {}
    for number, panel in enumerate(panels):
        side, finger = (Side.LEFT, Side.RIGHT)[number % 2], panels[number - number % 2].get_ylabel()
        assert finger.endswith(" (rad)")
        for line in panel.get_lines():
            if not line.get_label().startswith("_"):
                drawn[side, f"{finger.split()[0]}_{line.get_label().replace(' ', '_')}"] = line.get_xydata()
    assert drawn.keys() == {(side, name) for side in series.angles for name in ANGLES}
    for (side, name), points in drawn.items():
        np.testing.assert_array_equal(points[:, 0], series.seconds)
        np.testing.assert_array_equal(points[:, 1], series.angles[side][:, ANGLES.index(name)])


def test_a_value_alone_between_gaps_is_a_dot(series: AngleSeries) -> None:
    left, right = angle_figure(series).axes[:2]
    dots = [line for line in left.get_lines() if line.get_label().startswith("_")]
    assert [line.get_xdata().tolist() for line in dots] == [[17 / 15, 19 / 15]] * 5
    assert all(not len(line.get_xdata()) for line in right.get_lines() if line.get_label().startswith("_"))


@pytest.mark.parametrize(("name", "begins"), [("a.png", b"\x89PNG"), ("a.svg", b"<?xml"), ("a.pdf", b"%PDF")])
def test_the_ending_chooses_the_format(series: AngleSeries, tmp_path: Path, name: str, begins: bytes) -> None:
    save_angle_plot(tmp_path / name, series)
    assert (tmp_path / name).read_bytes().startswith(begins)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_one_side_makes_a_narrower_figure(series: AngleSeries, tmp_path: Path) -> None:
    save_angle_plot(tmp_path / "two.png", series)
    save_angle_plot(tmp_path / "one.png", AngleSeries(series.seconds, {Side.LEFT: series.angles[Side.LEFT]}))
    one, two = (cv2.imread(str(tmp_path / name)).shape[1] for name in ("one.png", "two.png"))
    assert one < two


def test_another_ending_is_refused(series: AngleSeries, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"ends in \.png, \.svg, \.pdf to plot to, got angles.gif"):
        save_angle_plot(tmp_path / "angles.gif", series)
