"""A report as data: tables of numbers and curves, which become Markdown, JSON and pictures."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

Cell = str | float | int | None
Row = tuple[Cell, ...]


@dataclass(frozen=True)
class Table:
    """Rows of as many cells as there are columns; `title` says what was measured, and how."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Curves:
    """Curves over the same places, as lines or, where they add up to a whole, as areas on top of each other.

    Attributes:
        file: name of the picture, without a suffix.
        x: places, shown evenly spaced where they are words.
        lines: values at these places by the curve's name; NaN where there is none.
    """

    file: str
    title: str
    x_label: str
    y_label: str
    x: tuple[Cell, ...]
    lines: dict[str, tuple[float, ...]]
    stacked: bool = False


@dataclass(frozen=True)
class Part:
    """One part of a report; `problem` says why there is no more of it."""

    name: str
    tables: tuple[Table, ...] = ()
    curves: tuple[Curves, ...] = ()
    problem: str = ""


def markdown(part: Part) -> str:
    """A part as it stands in the report."""
    lines = [f"## {part.name[0].upper()}{part.name[1:]}", ""]
    if part.problem:
        lines += [f"Not measured: {part.problem}", ""]
    for table in part.tables:
        lines += [table.title, "", *table_lines(table), ""]
    for curves in part.curves:
        lines += [f"![{curves.title}]({curves.file}.png)", ""]
    return "\n".join(lines)


def table_lines(table: Table) -> list[str]:
    """The lines of a table in Markdown."""
    rows = [table.columns, ["---"] * len(table.columns), *([text(cell) for cell in row] for row in table.rows)]
    return [f"| {' | '.join(cells)} |" for cells in rows]


def text(cell: Cell) -> str:
    """A cell for people: three significant digits, an empty cell where there is nothing."""
    if cell is None:
        return ""
    if not isinstance(cell, float):
        return str(cell)
    decimals = 0 if abs(cell) >= 100 else 1 if abs(cell) >= 10 else 2
    return f"{cell:.{decimals}f}"


def save(folder: Path, machine: Part, parts: Sequence[Part]) -> None:
    """Write report.md and report.json into a folder."""
    every = [machine, *parts]
    (folder / "report.md").write_text("# Measured\n\n" + "\n".join(map(markdown, every)), encoding="utf-8")
    content: list[dict[str, Any]] = [asdict(part) for part in every]
    (folder / "report.json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
