"""`hand-recon play`: a recording, a video, pictures or a webcam as a camera on the wire."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hand_recon_ros.cli.options import Camera, CameraInfo, camera_of


def play(
    source: Annotated[
        str, typer.Argument(help="Recording (.mcap or rosbag2 folder), video, picture, folder, or webcam number.")
    ],
    rate: Annotated[float, typer.Option(min=0.01, help="Speed of a recording; 2 is twice as fast.")] = 1.0,
    loop: Annotated[bool, typer.Option("--loop", help="Start a recording again at its end.")] = False,
    only: Annotated[list[str] | None, typer.Option(help="Topic of a recording to play; may be repeated.")] = None,
    hz: Annotated[float, typer.Option(min=0.01, help="Pictures a second of a folder.")] = 10.0,
    topic: Annotated[str, typer.Option(help="Image topic of anything but a recording.")] = "/camera/image",
    raw: Annotated[bool, typer.Option("--raw", help="Raw images instead of JPEG.")] = False,
    wait: Annotated[float, typer.Option(min=0.0, help="Wait at most so many seconds for a subscriber.")] = 0.0,
    camera: Camera = None,
    camera_info: CameraInfo = None,
) -> None:
    """Publish a source on the ROS 2 wire, without ROS: a replay that other nodes take for a live camera."""
    from hand_recon_ros.bus.bag_reader import is_recording
    from hand_recon_ros.bus.frame_player import play_frames
    from hand_recon_ros.bus.names import NodeName
    from hand_recon_ros.bus.player import play_bag
    from hand_recon_ros.bus.wire import WireBus
    from hand_recon_ros.cli.progress import frame_progress
    from hand_recon_ros.sources.frames import is_webcam, open_frames, with_camera
    from hand_recon_ros.stopping import stop_on_signals

    bus = WireBus(NodeName("hand_recon_player"))
    try:
        with stop_on_signals() as stop, frame_progress() as progress:
            task = progress.add_task("", total=None)
            if is_recording(Path(source)):
                play_bag(
                    Path(source),
                    bus,
                    rate,
                    loop,
                    stop,
                    lambda p: progress.update(task, completed=p.sent, total=p.total),
                    wait,
                    only or (),
                )
            else:
                frames = with_camera(open_frames(source, hz), camera_of(camera, camera_info))
                play_frames(
                    frames,
                    bus,
                    topic,
                    not raw,
                    is_webcam(source),
                    stop,
                    lambda n: progress.update(task, completed=n),
                    wait,
                )
    finally:
        bus.close()
