"""Joint angles over time as a figure for a page or a paper."""

from __future__ import annotations

from pathlib import Path

import matplotlib
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hand_recon_ros.atomic import written_whole
from hand_recon_ros.evaluation.angle_series import AngleSeries
from hand_recon_ros.evaluation.plot_style import STYLE
from hand_recon_ros.hand_model import ANGLES
from hand_recon_ros.hand_model.joint_angles import FINGER_MOVES, THUMB_MOVES
from hand_recon_ros.types import FINGERS, Side

FORMATS = (".png", ".svg", ".pdf")
WIDTH, ROW_HEIGHT, DPI = 4.6, 1.5, 150
ROOT_COLOUR, MIDDLE_COLOUR, END_COLOUR = "#1f6fb2", "#d9822b", "#2a8f5b"
COLOUR_OF_LEVEL = (ROOT_COLOUR, MIDDLE_COLOUR, END_COLOUR)
"""Root to tip."""
DASHES_OF_KIND = ("-", (0, (3, 1.5)))
"""Flexion, abduction."""


def save_angle_plot(path: Path, series: AngleSeries) -> None:
    """Write the figure, in the format of the file's ending: .png, .svg or .pdf.

    Raises:
        ValueError: another ending.
        OSError: the file cannot be written.
    """
    if path.suffix.lower() not in FORMATS:
        raise ValueError(f"expected a file that ends in {', '.join(FORMATS)} to plot to, got {path.name}")
    with matplotlib.rc_context(STYLE):
        figure = angle_figure(series)
        with written_whole(path) as partial:
            figure.savefig(partial, dpi=DPI)


def angle_figure(series: AngleSeries) -> Figure:
    """A row for each finger and a column for each side; lines break where the hand is not found."""
    sides = list(series.angles)
    size = (1 + WIDTH * len(sides), ROW_HEIGHT * len(FINGERS) + 0.5)
    figure = Figure(size, DPI, layout="constrained")
    grid = figure.subplots(len(FINGERS), len(sides), sharex=True, sharey="row", squeeze=False)
    for column, side in enumerate(sides):
        grid[0, column].set_title(f"{side.name.lower()} hand")
        grid[-1, column].set_xlabel("seconds")
        for row, finger in enumerate(FINGERS):
            _draw_finger(grid[row, column], series, side, finger)
    for row, finger in enumerate(FINGERS):
        grid[row, 0].set_ylabel(f"{finger} (rad)")
        grid[row, -1].legend(frameon=False, loc="center left", bbox_to_anchor=(1, 0.5), fontsize=8)
    return figure


def _draw_finger(axes: Axes, series: AngleSeries, side: Side, finger: str) -> None:
    for move, level, kind in THUMB_MOVES if finger == "thumb" else FINGER_MOVES:
        values = series.angles[side][:, ANGLES.index(f"{finger}_{move}")]
        colour, alone = COLOUR_OF_LEVEL[level], _without_neighbours(values)
        label = move.replace("_", " ")
        axes.plot(series.seconds, values, color=colour, linestyle=DASHES_OF_KIND[kind], linewidth=1.2, label=label)
        axes.plot(series.seconds[alone], values[alone], ".", color=colour, markersize=3)
    if len(series.seconds) > 1:
        axes.set_xlim(series.seconds[0], series.seconds[-1])


def _without_neighbours(values: npt.NDArray[np.floating]) -> npt.NDArray[np.bool_]:
    """Where a value stands alone between gaps, so that no line shows it."""
    there = np.isfinite(values)
    beside = np.zeros_like(there)
    beside[1:] |= there[:-1]
    beside[:-1] |= there[1:]
    return there & ~beside
