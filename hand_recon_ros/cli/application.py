"""What the programs of both packages have in common: help, --version and --debug."""

# Typer reads the annotations of a function in a function, so they are no strings here.
import os
from typing import Annotated

import typer

import hand_recon_ros
from hand_recon_ros.cli.answers import DEBUG


def application(program: str, purpose: str) -> typer.Typer:
    """A program without verbs yet; purpose is the first line of its help."""
    app = typer.Typer(
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )

    def print_version(wanted: bool) -> None:
        if wanted:
            typer.echo(f"{program} {hand_recon_ros.__version__}")
            raise typer.Exit

    @app.callback(help=purpose)
    def start(
        version: Annotated[
            bool, typer.Option("--version", help="Print the version.", callback=print_version, is_eager=True)
        ] = False,
        debug: Annotated[
            bool, typer.Option("--debug", help=f"Print the traceback of errors, as {DEBUG}=1 does.")
        ] = False,
    ) -> None:
        if debug:
            os.environ[DEBUG] = "1"

    return app
