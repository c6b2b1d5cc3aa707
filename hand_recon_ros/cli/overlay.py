"""`hand-recon overlay`: a video of a recording's pictures with the hands found in them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def overlay(
    bag: Annotated[
        Path,
        typer.Argument(exists=True, help="Recording with images and hands, as `hand-recon replay --vertices` writes."),
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="Video (.mp4) to write.", dir_okay=False)],
    fps: Annotated[float, typer.Option(min=1.0, help="Pictures a second of the video.")] = 15.0,
) -> None:
    """Draw the hands of a recording over its pictures."""
    from hand_recon_ros.cli.progress import frame_progress
    from hand_recon_ros.node.result_reader import read_results
    from hand_recon_ros.render.film import Film
    from hand_recon_ros.render.overlay import draw_overlay

    count = 0
    with Film(out, fps) as film, frame_progress() as progress:
        task = progress.add_task("", total=None)
        for count, (picture, frame) in enumerate(read_results(bag), start=1):
            film.write(draw_overlay(picture, frame))
            progress.update(task, completed=count)
    if not count:
        raise ValueError(f"expected results that belong to images, {bag} has none; their stamps differ")
    typer.echo(f"{count} frames; see {out}")
