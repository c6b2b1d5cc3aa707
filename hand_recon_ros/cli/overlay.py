"""`hand-recon overlay`: a video of a recording's pictures with the hands found in them."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from hand_recon_ros.cli.gathered import gathered
from hand_recon_ros.cli.options import Drawing


@gathered
def overlay(
    bag: Annotated[
        Path,
        typer.Argument(
            exists=True,
            help="Recording with images and hands, live or replayed; meshes other than the free hand's need --vertices "
            "of `hand-recon replay`, or publish_vertices of the node.",
        ),
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="Video (.mp4) to write.", dir_okay=False)],
    fps: Annotated[float, typer.Option(min=1.0, help="Pictures a second of the video.")] = 15.0,
    *,
    drawing: Drawing,
    sheet: Annotated[
        Path | None,
        typer.Option(help="Also write twelve of the pictures, evenly spaced, as one (.png).", dir_okay=False),
    ] = None,
) -> None:
    """Draw the hands of a recording over its pictures."""
    from hand_recon_ros.cli.progress import frame_progress
    from hand_recon_ros.node.result_reader import read_results
    from hand_recon_ros.render.film import Film
    from hand_recon_ros.render.overlay import draw_overlay
    from hand_recon_ros.render.sheet import OverlaySheet

    style, count, start_ns = drawing.style(), 0, 0
    with ExitStack() as files:
        film, progress = files.enter_context(Film(out, fps)), files.enter_context(frame_progress())
        shown = files.enter_context(OverlaySheet(sheet, style=style)) if sheet else None
        task = progress.add_task("", total=None)
        for count, (picture, frame) in enumerate(read_results(bag), start=1):
            film.write(draw_overlay(picture, frame, style))
            start_ns = start_ns or frame.stamp_ns
            if shown:
                shown.add(picture, frame, f"{bag.name}  {(frame.stamp_ns - start_ns) / 1e9:.2f} s")
            progress.update(task, completed=count)
    if not count:
        raise ValueError(f"expected results that belong to images, {bag} has none; their stamps differ")
    typer.echo(f"{count} frames; see {out}")
