"""`hand-recon bag`: a recording out of pictures, a video or a webcam."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hand_recon_ros.cli.options import Camera, CameraInfo, camera_of


def bag(
    source: Annotated[str, typer.Argument(help="Video, picture, folder of pictures, or webcam number.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Recording (.mcap) to write.", dir_okay=False)],
    camera: Camera = None,
    camera_info: CameraInfo = None,
    hz: Annotated[float, typer.Option(min=0.01, help="Pictures a second of a folder.")] = 10.0,
    topic: Annotated[str, typer.Option(help="Image topic; camera_info lies beside it.")] = "/camera/image",
    raw: Annotated[bool, typer.Option("--raw", help="Raw images instead of JPEG.")] = False,
) -> None:
    """Make a rosbag2 recording: images, and camera_info where intrinsics are given. Ctrl-C ends a webcam's."""
    from hand_recon_ros.bus.frame_recorder import record_frames
    from hand_recon_ros.cli.progress import frame_progress
    from hand_recon_ros.sources.frames import open_frames, with_camera

    frames = with_camera(open_frames(source, hz), camera_of(camera, camera_info))
    with frame_progress() as progress:
        task = progress.add_task("", total=None)
        count = record_frames(frames, out, topic, not raw, lambda n: progress.update(task, completed=n))
    typer.echo(f"{count} images; see {out}")
