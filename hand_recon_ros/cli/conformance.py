"""`hand-recon conformance`: whether a research network equals its published implementation."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hand_recon_ros.cli.answers import FAILED


def conformance(
    case: Annotated[Path, typer.Argument(help="Folder with case.json.", exists=True, file_okay=False)],
) -> None:
    """Rebuild a case's weights, run its network, and print the largest error of each output, stage by stage.

    The exit code is 1 when an error is past its tolerance.
    """
    from rich.console import Console
    from rich.table import Column, Table

    from hand_recon_ros.networks.conformance import run_case

    stages = run_case(case)
    table = Table("Output", Column("Largest error", justify="right"), Column("Allowed", justify="right"), "")
    for stage in stages:
        table.add_row(stage.name, f"{stage.error:.2e}", f"{stage.tolerance:.1e}", "ok" if stage.passed else "[red]past")
    Console().print(table)
    passed = sum(stage.passed for stage in stages)
    typer.echo(f"{passed} of {len(stages)} outputs within their tolerance")
    if passed < len(stages):
        raise typer.Exit(FAILED)
