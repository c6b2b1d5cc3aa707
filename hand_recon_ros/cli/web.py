"""`hand-recon web`: a page to try the reconstruction in a browser."""

from __future__ import annotations

from typing import Annotated

import typer

from hand_recon_ros.cli.extras import need_extra
from hand_recon_ros.cli.options import Device, Mano, Model, RandomWeights

Host = Annotated[
    str,
    typer.Option(help="Address to serve on; 0.0.0.0 lets everybody in who reaches this computer: there is no lock."),
]
Port = Annotated[int, typer.Option(min=0, max=65535, help="Port to serve on; 0 takes a free one.")]


def web(
    host: Host = "127.0.0.1",
    port: Port = 7860,
    model: Model = "default",
    mano: Mano = None,
    random_weights: RandomWeights = False,
    device: Device = "auto",
) -> None:
    """Serve a page where people drop a picture or use their webcam, and see, turn and download the hands in it.

    Pictures and results are removed when their page is closed; no other computer is asked for anything.
    """
    need_extra("web", "gradio")
    from hand_recon_ros.stopping import stop_on_signals
    from hand_recon_ros.web.listening import address, listen
    from hand_recon_ros.web.server import serving
    from hand_recon_ros.web.studio import Studio

    studio = Studio(device, mano, random_weights)
    with listen(host, port) as sock, stop_on_signals() as stop:
        try:
            studio.load(model)
            with serving(studio, sock, model):
                typer.echo(f"the page is at {address(*sock.getsockname()[:2])} until Ctrl-C")
                stop.wait()
        finally:
            studio.close()
