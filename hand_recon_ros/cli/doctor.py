"""`hand-recon doctor`: what this computer has, and what to do about what it lacks."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from hand_recon_ros.cli.answers import FAILED

if TYPE_CHECKING:
    from hand_recon_ros.doctor import Finding


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, to paste into a bug report.")] = False,
) -> None:
    """Examine system, packages, GPU, webcams, models, ROS 2 and network, with advice; exit code 1 if any is bad."""
    from hand_recon_ros.doctor import Level, examine

    findings = examine()
    if as_json:
        typer.echo(json.dumps([{**asdict(finding), "level": finding.level.value} for finding in findings], indent=1))
    else:
        _print(findings)
    if any(finding.level is Level.BAD for finding in findings):
        raise typer.Exit(FAILED)


def _print(findings: list[Finding]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from hand_recon_ros.doctor import Level

    colours = {Level.GOOD: "green", Level.NOTE: "yellow", Level.BAD: "red"}
    table = Table("", "", "Found", box=None)
    for finding in findings:
        found = Text(finding.found)
        if finding.advice:
            found.append(f"\n{finding.advice}", style="italic")
        table.add_row(Text(finding.level.value, style=colours[finding.level]), Text(finding.subject), found)
    Console().print(table)
