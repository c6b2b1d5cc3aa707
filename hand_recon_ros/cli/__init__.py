"""The command line. A verb is a module of this folder with a function of its name, and a row in VERBS."""

from __future__ import annotations

import os
from typing import Annotated

import typer

import hand_recon_ros
from hand_recon_ros.cli.answers import DEBUG, answering
from hand_recon_ros.cli.bag import bag
from hand_recon_ros.cli.conformance import conformance
from hand_recon_ros.cli.demo import demo
from hand_recon_ros.cli.doctor import doctor
from hand_recon_ros.cli.image import image
from hand_recon_ros.cli.models import import_weights, models
from hand_recon_ros.cli.node import WITH_ROS_ARGUMENTS, NodeCommand, node
from hand_recon_ros.cli.overlay import overlay
from hand_recon_ros.cli.play import play
from hand_recon_ros.cli.plot import plot
from hand_recon_ros.cli.recover import recover
from hand_recon_ros.cli.replay import replay
from hand_recon_ros.cli.report import report
from hand_recon_ros.cli.retarget import retarget
from hand_recon_ros.cli.video import video
from hand_recon_ros.cli.view import view
from hand_recon_ros.cli.web import web
from hand_recon_ros.cli.webcam import webcam

VERBS = (
    image,
    video,
    webcam,
    web,
    view,
    play,
    replay,
    report,
    plot,
    bag,
    recover,
    overlay,
    demo,
    conformance,
    doctor,
)


def main() -> None:
    """Run `hand-recon`."""
    # What cannot be read is said in one sentence of our own; the libraries would add lines of theirs.
    os.environ.setdefault("OPENCV_LOG_LEVEL", "SILENT")
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
    app(prog_name="hand-recon")


app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for verb in VERBS:
    app.command()(answering(verb))
app.command(cls=NodeCommand, context_settings=WITH_ROS_ARGUMENTS)(answering(node))
app.command(context_settings=WITH_ROS_ARGUMENTS)(answering(retarget))
models_app = typer.Typer(invoke_without_command=True)
models_app.callback()(answering(models))
models_app.command("import")(answering(import_weights))
app.add_typer(models_app, name="models")


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"hand-recon {hand_recon_ros.__version__}")
        raise typer.Exit


@app.callback()
def start(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_print_version, is_eager=True)
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help=f"Print the traceback of errors, as {DEBUG}=1 does.")] = False,
) -> None:
    """Hands in pictures, videos and camera streams: 21 joints and a mesh each, in metres in the camera's frame."""
    if debug:
        os.environ[DEBUG] = "1"
