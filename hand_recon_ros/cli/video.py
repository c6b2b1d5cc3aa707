"""`hand-recon video`: hands in a video file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hand_recon_ros.cli.answers import FAILED
from hand_recon_ros.cli.options import (
    Camera,
    CameraInfo,
    Device,
    Mano,
    MaxHands,
    Model,
    Out,
    RandomWeights,
    Smooth,
    camera_of,
)


def video(
    file: Annotated[Path, typer.Argument(help="Video file.", exists=True, dir_okay=False)],
    out: Out,
    camera: Camera = None,
    camera_info: CameraInfo = None,
    model: Model = "default",
    mano: Mano = None,
    random_weights: RandomWeights = False,
    device: Device = "auto",
    max_hands: MaxHands = 4,
    smooth: Smooth = False,
) -> None:
    """Follow the hands through a video: overlay.mp4, and a line of results.jsonl for each frame.

    Frames that cannot be decoded are counted and skipped; what was done before Ctrl-C is kept.
    """
    from hand_recon_ros.cli.progress import frame_progress
    from hand_recon_ros.pipeline import HandPipeline, OneEuro
    from hand_recon_ros.render.film import Film
    from hand_recon_ros.render.overlay import draw_overlay
    from hand_recon_ros.results import ResultsWriter, frame_record
    from hand_recon_ros.sources.video import Video

    find_camera = camera_of(camera, camera_info)
    with Video(file) as clip:
        pipeline = HandPipeline.create(
            model=model,
            mano=mano,
            random_weights=random_weights,
            device=device,
            tracking=True,
            max_hands=max_hands,
            smoothing=OneEuro() if smooth else None,
        )
        out.mkdir(parents=True, exist_ok=True)
        count = 0
        with (
            ResultsWriter(out / "results.jsonl") as results,
            Film(out / "overlay.mp4", clip.fps) as film,
            frame_progress() as progress,
        ):
            task = progress.add_task("", total=clip.length or None)
            for shot in clip:
                frame = pipeline(shot.rgb, camera=find_camera(shot.rgb), stamp_ns=shot.stamp_ns)
                film.write(draw_overlay(shot.rgb, frame))
                results.write(frame_record(frame, f"{file}#{count}"))
                count += 1
                progress.update(task, completed=count)
    if not count:
        raise ValueError(f"expected a video with frames, none of {file} can be decoded; check the file")
    typer.echo(f"{count} frames, {clip.broken} broken; see {out / 'overlay.mp4'} and {out / 'results.jsonl'}")
    if clip.broken:
        raise typer.Exit(FAILED)
