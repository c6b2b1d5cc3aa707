"""The command line of training. A verb is a module of this folder with a function of its name, and a row in VERBS."""

from __future__ import annotations

import os
from typing import Annotated

import typer

import hand_recon_ros
from hand_recon_ros.cli.answers import DEBUG, answering
from hand_recon_train.cli.bench import bench
from hand_recon_train.cli.evaluate import compare, evaluate
from hand_recon_train.cli.export import export
from hand_recon_train.cli.fit import fit
from hand_recon_train.cli.inspect import inspect
from hand_recon_train.cli.prepare import prepare
from hand_recon_train.cli.program import PROGRAM
from hand_recon_train.cli.synth import synth

VERBS = (inspect, prepare, synth, evaluate, compare, export)
PASSED_ON = {"allow_extra_args": True, "ignore_unknown_options": True}


def main() -> None:
    """Run `hand-recon-train`."""
    os.environ.setdefault("OPENCV_LOG_LEVEL", "SILENT")
    app(prog_name=PROGRAM)


app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for verb in VERBS:
    app.command()(answering(verb, PROGRAM))
app.command(context_settings=PASSED_ON)(answering(fit, PROGRAM))
app.command(context_settings=PASSED_ON)(answering(bench, PROGRAM))


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"{PROGRAM} {hand_recon_ros.__version__}")
        raise typer.Exit


@app.callback()
def start(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_print_version, is_eager=True)
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help=f"Print the traceback of errors, as {DEBUG}=1 does.")] = False,
) -> None:
    """Data sets, training and evaluation of hand reconstruction."""
    if debug:
        os.environ[DEBUG] = "1"
