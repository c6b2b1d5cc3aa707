"""The curves of a report as PNG. The only place here that knows matplotlib."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from hand_recon_ros.bench.report import Curves
from hand_recon_ros.evaluation.plot_style import STYLE

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIZE, DPI = (6.4, 3.6), 130
COLOURS = ("#3f7cac", "#d98c3f", "#2a7f62", "#8e44ad", "#b8c4ce", "#c0504d", "#7fa8c9", "#8fb8a8", "#444444", "#c9b458")


def need_matplotlib() -> None:
    """Say at once that pictures cannot be drawn.

    Raises:
        ImportError: matplotlib is not installed.
    """
    if not find_spec("matplotlib"):
        raise ImportError("expected matplotlib to draw the curves, it is not installed: pip install matplotlib")


def draw(folder: Path, curves: Curves) -> Path:
    """Write the picture of some curves into a folder."""
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context(STYLE | {"legend.frameon": False}):
        figure = Figure(SIZE, DPI, layout="constrained")
        _draw_on(figure.add_subplot(), curves)
        path = folder / f"{curves.file}.png"
        figure.savefig(path)
    return path


def _draw_on(axes: Axes, curves: Curves) -> None:
    named = any(isinstance(x, str) for x in curves.x)
    places = [float(k if named else x or 0) for k, x in enumerate(curves.x)]
    if curves.stacked:
        axes.stackplot(places, *curves.lines.values(), labels=list(curves.lines), colors=COLOURS)
        axes.margins(x=0)
    else:
        for colour, (name, values) in zip(COLOURS * 2, curves.lines.items(), strict=False):
            axes.plot(places, values, marker="o", markersize=3.5, color=colour, label=name)
    axes.set_xticks(places, [str(x) for x in curves.x])
    axes.set(xlabel=curves.x_label, ylabel=curves.y_label)
    axes.figure.suptitle(curves.title[0].upper() + curves.title[1:], x=0.02, ha="left", fontsize=10)
    axes.set_ylim(bottom=0)
    if len(curves.lines) > 1:
        handles, labels = axes.get_legend_handles_labels()
        order = slice(None, None, -1 if curves.stacked else 1)  # as the areas lie on top of each other
        axes.figure.legend(handles[order], labels[order], loc="outside right center")
