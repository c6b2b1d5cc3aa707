"""`hand-recon demo`: the whole system at work on this computer alone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hand_recon_ros.cli.options import Camera, CameraInfo

if TYPE_CHECKING:
    from rich.table import Table

    from hand_recon_ros.node.monitor import Snapshot

FPS = 15.0
START_S, STOP_S = 120.0, 10.0
"""Longest waits for a child process to come up (the first start exports the networks) and to end."""


def demo(
    source: Annotated[
        str, typer.Option(help="Webcam number, video, folder or recording; the bundled clip if not given.")
    ] = "",
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the results.", file_okay=False)] = Path(
        "out/demo"
    ),
    camera: Camera = None,
    camera_info: CameraInfo = None,
) -> None:
    """Run node and camera as two processes on a private domain, and show what the node publishes.

    Leaves result.mcap (images and hands), overlay.mp4 and three pictures. Ctrl-C ends a webcam's.
    """
    bundled = not source
    source = source or str(bundled_clip())
    image_topic = topic_of(source)
    out.mkdir(parents=True, exist_ok=True)
    bag = out / "result.mcap"
    bag.unlink(missing_ok=True)
    intrinsics = [
        *(("--camera", camera) if camera else ()),
        *(("--camera-info", str(camera_info)) if camera_info else ()),
    ]
    count = _draw(bag, out, _run(source, intrinsics, image_topic, bag))
    typer.echo(f"{count} frames reconstructed; see {out / 'overlay.mp4'}, {bag} and {out / 'picture_*.png'}")
    if bundled:
        typer.echo("With your own camera: make run SOURCE=0; with a file: make run SOURCE=video.mp4")


def bundled_clip() -> Path:
    """The rendered clip that comes with the package."""
    from hand_recon_ros.paths import shared_file

    return shared_file("examples", "two_hands.mcap")


def topic_of(source: str) -> str:
    """Image topic on which `hand-recon play` publishes a source."""
    from hand_recon_ros.bus.bag_reader import is_recording, open_bag
    from hand_recon_ros.node.image_topic import colour_image_topic

    if not is_recording(Path(source)):
        return "/camera/image/compressed"
    with open_bag(Path(source)) as bag:
        return colour_image_topic(bag).name


def _run(source: str, intrinsics: list[str], image_topic: str, bag: Path) -> int:
    """Node, player and recording side by side until the player ends or Ctrl-C; gives the number of results."""
    from rich.live import Live

    from hand_recon_ros.bus.discovery import localhost_settings
    from hand_recon_ros.bus.names import NodeName
    from hand_recon_ros.bus.wire import WireBus
    from hand_recon_ros.cli.progress import stderr
    from hand_recon_ros.node.image_topic import COMPRESSED_SUFFIX
    from hand_recon_ros.node.live_recording import info_topic, record_live
    from hand_recon_ros.stopping import stop_on_signals

    # A domain of its own, so that no other node on this computer listens in; from 102 on, ports would be in the range
    # that Linux hands out to others.
    domain = 52 + os.getpid() % 50
    environment = os.environ | {"ROS_DOMAIN_ID": str(domain), "ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST"}
    environment.pop("CYCLONEDDS_URI", None)
    base = image_topic.removesuffix(COMPRESSED_SUFFIX)
    parameters = [f"use_compressed:={str(base != image_topic).lower()}", "publish_vertices:=true"]
    ros = ["--ros-args", "-r", f"image:={base}", *(word for p in parameters for word in ("-p", p))]
    # A recording may hold results too, which must not mix with those of this node.
    only = [word for topic in (image_topic, info_topic(base)) for word in ("--only", topic)]
    console = stderr()
    bus = WireBus(NodeName("hand_recon_demo"), localhost_settings(domain))
    try:
        with stop_on_signals() as stop, record_live(bus, bag, image_topic) as (monitor, recorder):
            console.print("Starting the node; the first start prepares the networks and takes about 20 s ...")
            with _child(["node", *ros], environment) as node:
                _wait_for(node, lambda: recorder.subscriptions["/hand_recon/hands"].publisher_count() > 0, stop)
                with (
                    _child(["play", source, "--wait", "10", *only, *intrinsics], environment) as player,
                    Live(console=console) as live,
                ):
                    while player.poll() is None and node.poll() is None and not stop.wait(0.25):
                        live.update(status_table(monitor.snapshot()))
                    stop.wait(0.5)  # the last image is still on its way through the node
                    live.update(status_table(monitor.snapshot()))
                    if player.poll():
                        raise RuntimeError(f"{source} could not be played; the line above says why")
            return monitor.snapshot().received
    finally:
        bus.close()


def _wait_for(node: subprocess.Popen[bytes], ready: Callable[[], bool], stop: threading.Event) -> None:
    deadline = time.monotonic() + START_S
    while not ready():
        if node.poll() is not None:
            raise RuntimeError("the node ended at once; the line above says why")
        if time.monotonic() > deadline:
            raise RuntimeError(f"the node was not there after {START_S:g} s; run `hand-recon node` by hand to see why")
        if stop.wait(0.05):
            raise KeyboardInterrupt


@contextmanager
def _child(arguments: list[str], environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """A verb as a process of its own, ended as Ctrl-C would."""
    process = subprocess.Popen(
        [sys.executable, "-m", "hand_recon_ros.cli", *arguments], env=environment, start_new_session=True
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()


def status_table(snapshot: Snapshot) -> Table:
    """Rate, latency and hands of a node, for the terminal."""
    from rich.table import Table

    decode, detect, reconstruct, place, total = snapshot.latency_ms
    table = Table(
        title=f"{snapshot.received} frames, {snapshot.rate_hz:.1f} Hz, {snapshot.dropped} dropped",
        caption=f"median ms: decode {decode:.1f}, detect {detect:.1f}, reconstruct {reconstruct:.1f}, "
        f"place {place:.1f}, in all {total:.1f}",
    )
    for heading in ("track", "side", "score", "distance", "scale"):
        table.add_column(heading, justify="right")
    for hand in snapshot.hands:
        table.add_row(
            str(hand.track_id),
            hand.side.name.lower(),
            f"{hand.score:.2f}",
            f"{hand.distance_m:.2f} m",
            hand.scale_source.name.lower(),
        )
    return table


def _draw(bag: Path, out: Path, total: int) -> int:
    """Overlay video of about `total` frames, and three of its pictures; gives the number of frames."""
    from hand_recon_ros.cli.progress import frame_progress
    from hand_recon_ros.node.result_reader import read_results
    from hand_recon_ros.render.film import Film
    from hand_recon_ros.render.overlay import draw_overlay
    from hand_recon_ros.render.picture import save_png

    kept = {1 + total * share // 6: number for number, share in enumerate((1, 3, 5), start=1)}
    count = 0
    with Film(out / "overlay.mp4", FPS) as film, frame_progress() as progress:
        task = progress.add_task("", total=total)
        for count, (picture, frame) in enumerate(read_results(bag), start=1):
            shown = draw_overlay(picture, frame)
            film.write(shown)
            if count in kept:
                save_png(out / f"picture_{kept[count]}.png", shown)
            progress.update(task, completed=count)
    return count
