"""`hand-recon video`: hands in a video file."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hand_recon_ros.cli.answers import FAILED
from hand_recon_ros.cli.gathered import gathered
from hand_recon_ros.cli.options import Drawing, Out, Reconstruction, Sheet, Smooth

if TYPE_CHECKING:
    from collections.abc import Callable

    from hand_recon_ros.render.overlay import Style
    from hand_recon_ros.types import Frame, HandFrame


@gathered
def video(
    file: Annotated[Path, typer.Argument(help="Video file.", exists=True, dir_okay=False)],
    out: Out,
    *,
    reconstruction: Reconstruction,
    smooth: Smooth = False,
    drawing: Drawing,
    sheet: Sheet = False,
    plot: Annotated[bool, typer.Option("--plot", help="Also plot the joint angles over time: angles.png.")] = False,
) -> None:
    """Follow the hands through a video: overlay.mp4, and a line of results.jsonl for each frame.

    Frames that cannot be decoded are counted and skipped; what was done before Ctrl-C is kept.
    """
    from hand_recon_ros.cli.plot import plot_results
    from hand_recon_ros.cli.progress import frame_progress
    from hand_recon_ros.sources.video import Video

    find_camera = reconstruction.find_camera()
    with Video(file) as clip, ExitStack() as files:
        pipeline = reconstruction.tracking_pipeline(smooth)
        out.mkdir(parents=True, exist_ok=True)
        keep = _written(out, file.name, clip.fps, drawing.style(), sheet, files)
        progress = files.enter_context(frame_progress())
        task, count = progress.add_task("", total=clip.length or None), 0
        for count, shot in enumerate(clip, start=1):
            keep(shot, pipeline(shot.rgb, camera=find_camera(shot.rgb), stamp_ns=shot.stamp_ns), f"{file}#{count - 1}")
            progress.update(task, completed=count)
    if not count:
        raise ValueError(f"expected a video with frames, none of {file} can be decoded; check the file")
    typer.echo(f"{count} frames, {clip.broken} broken; see {out / 'overlay.mp4'} and {out / 'results.jsonl'}")
    if plot:
        plot_results(out / "results.jsonl", out / "angles.png")
    if clip.broken:
        raise typer.Exit(FAILED)


def _written(
    out: Path, name: str, fps: float, style: Style, sheet: bool, files: ExitStack
) -> Callable[[Frame, HandFrame, str], None]:
    """A function that appends a frame to the files in out, which close with the stack."""
    from hand_recon_ros.render.film import Film
    from hand_recon_ros.render.overlay import draw_overlay
    from hand_recon_ros.render.sheet import OverlaySheet
    from hand_recon_ros.results import ResultsWriter, frame_record

    results = files.enter_context(ResultsWriter(out / "results.jsonl"))
    film = files.enter_context(Film(out / "overlay.mp4", fps))
    shown = files.enter_context(OverlaySheet(out / "sheet.png", style=style)) if sheet else None

    def keep(shot: Frame, frame: HandFrame, source: str) -> None:
        film.write(draw_overlay(shot.rgb, frame, style))
        results.write(frame_record(frame, source))
        if shown:
            shown.add(shot.rgb, frame, f"{name}  {shot.stamp_ns / 1e9:.2f} s")

    return keep
