"""The command line. A verb is a module of this folder with a function of its name, and a row in VERBS."""

from __future__ import annotations

import os

import typer

from hand_recon_ros.cli.answers import PROGRAM, answering
from hand_recon_ros.cli.application import application
from hand_recon_ros.cli.bag import bag
from hand_recon_ros.cli.bench import bench
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
    bench,
)


def main() -> None:
    """Run `hand-recon`."""
    # What cannot be read is said in one sentence of our own; the libraries would add lines of theirs.
    os.environ.setdefault("OPENCV_LOG_LEVEL", "SILENT")
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
    app(prog_name=PROGRAM)


app = application(
    PROGRAM, "Hands in pictures, videos and camera streams: 21 joints and a mesh each, in metres in the camera's frame."
)
for verb in VERBS:
    app.command()(answering(verb))
app.command(cls=NodeCommand, context_settings=WITH_ROS_ARGUMENTS)(answering(node))
app.command(context_settings=WITH_ROS_ARGUMENTS)(answering(retarget))
models_app = typer.Typer(invoke_without_command=True)
models_app.callback()(answering(models))
models_app.command("import")(answering(import_weights))
app.add_typer(models_app, name="models")
