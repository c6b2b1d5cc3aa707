"""`hand-recon replay`: every image of a recording through the pipeline, offline."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hand_recon_ros.cli.answers import FAILED
from hand_recon_ros.cli.options import Device, MaxHands, Model


def replay(
    bag: Annotated[Path, typer.Argument(exists=True, help="Recording: .mcap, .db3 or a rosbag2 folder.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Recording (.mcap) to write.", dir_okay=False)],
    image_topic: Annotated[str | None, typer.Option(help="Needed when the recording has several cameras.")] = None,
    model: Model = "default",
    device: Device = "auto",
    max_hands: MaxHands = 4,
    vertices: Annotated[bool, typer.Option("--vertices", help="Write mesh vertices into the hands.")] = False,
) -> None:
    """Reconstruct every image of a recording, as fast as it goes, and write the hands beside the input topics."""
    from hand_recon_ros.cli.progress import frame_progress
    from hand_recon_ros.node import load_pipeline
    from hand_recon_ros.node.parameters import NodeParameters
    from hand_recon_ros.node.replay import replay_bag
    from hand_recon_ros.node.wire_node import stop_on_signals

    parameters = NodeParameters(model=model, device=device, max_hands=max_hands, publish_vertices=vertices)
    with stop_on_signals() as stop, frame_progress("Messages") as progress:
        task = progress.add_task("", total=None)
        done = replay_bag(
            bag,
            out,
            load_pipeline(parameters),
            parameters,
            image_topic=image_topic,
            stop=stop,
            on_progress=lambda n, total: progress.update(task, completed=n, total=total),
        )
    typer.echo(f"{done.processed} images of {done.image_topic} reconstructed, {done.failed} skipped; see {out}")
    if stop.is_set():
        raise KeyboardInterrupt
    if done.failed:
        raise typer.Exit(FAILED)
