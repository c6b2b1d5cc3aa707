"""`hand-recon view`: hands in space, live in a browser."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from hand_recon_ros.cli.extras import need_extra
from hand_recon_ros.cli.gathered import gathered
from hand_recon_ros.cli.options import Reconstruction, Smooth
from hand_recon_ros.cli.web import Host, Port

if TYPE_CHECKING:
    from hand_recon_ros.pipeline import HandPipeline
    from hand_recon_ros.view3d.shots import Shot


@gathered
def view(
    source: Annotated[
        str,
        typer.Argument(
            help="Webcam number, video, picture, folder or recording; a recording's own hands if it has some. "
            "The bundled clip if not given."
        ),
    ] = "",
    topic: Annotated[
        str, typer.Option(help="Follow a running node in place of a source: its topic, such as /hand_recon/hands.")
    ] = "",
    image: Annotated[
        str, typer.Option(help="Image topic of that node, to see its pictures too; may end in /compressed.")
    ] = "",
    host: Host = "127.0.0.1",
    port: Port = 8080,
    loop: Annotated[bool, typer.Option("--loop", help="Start a file again at its end.")] = False,
    *,
    reconstruction: Reconstruction,
    smooth: Smooth = False,
) -> None:
    """Show meshes, skeletons, wrists and the camera's picture in 3D, to as many browsers as look.

    From another computer: ssh -L 8080:127.0.0.1:8080 ROBOT, then open http://127.0.0.1:8080/ here.
    """
    need_extra("web", "viser")
    if (source and topic) or (image and not topic):
        raise typer.BadParameter("give a source, or --topic with perhaps --image, not both")
    from hand_recon_ros.cli.demo import bundled_clip
    from hand_recon_ros.stopping import stop_on_signals
    from hand_recon_ros.view3d.scene import serving
    from hand_recon_ros.view3d.shots import paced, source_shots
    from hand_recon_ros.web.listening import address, free_port

    find_camera = reconstruction.find_camera()

    def load() -> HandPipeline:
        return reconstruction.tracking_pipeline(smooth)

    with stop_on_signals() as stop:
        port = free_port(host, port)
        if topic:
            shots = followed(topic, image, stop)
        else:
            named = source or str(bundled_clip())
            shots = begun(paced(source_shots(named, load, find_camera, loop or not source), stop), named)
        with serving(host, port) as scene:
            typer.echo(f"the view is at {address(host, port)} until Ctrl-C")
            for picture, frame in shots:
                scene.show(picture, frame)
            stop.wait()


def begun(shots: Iterator[Shot], source: str) -> Iterator[Shot]:
    """The same shots, the first of which is there: what is wrong with a source shows before anything is served.

    Raises:
        ValueError: there is none.
    """
    first = next(shots, None)
    if first is None:
        raise ValueError(f"expected pictures with hands in {source}, found none")
    return itertools.chain([first], shots)


def followed(topic: str, image: str, stop: threading.Event) -> Iterator[Shot]:
    """What a node publishes from now on, until stop is set."""
    from hand_recon_ros.bus.names import NodeName
    from hand_recon_ros.bus.wire import WireBus
    from hand_recon_ros.node.hand_feed import HandFeed

    bus = WireBus(NodeName("hand_recon_view"))
    try:
        feed = HandFeed(bus, topic, image or None)
        receiver = threading.Thread(target=bus.spin, args=(stop,), name="view", daemon=True)
        receiver.start()
        yield from feed.shots(stop)
        receiver.join()
    finally:
        bus.close()
