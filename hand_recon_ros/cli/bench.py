"""`hand-recon bench`: what the package costs on this computer."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hand_recon_ros.cli.options import Out


def bench(
    out: Out = Path("out/bench"),
    quick: Annotated[
        bool, typer.Option("--quick", help="About a minute: few rounds, no curves, one live scene.")
    ] = False,
    peers: Annotated[
        bool,
        typer.Option(
            "--peers", help="Measure MediaPipe too; installs it into .venv-mediapipe here if it is not there."
        ),
    ] = False,
    only: Annotated[list[str] | None, typer.Option("--only", help="Part to measure; repeat for several.")] = None,
) -> None:
    """Measure every stage, the node over the wire, memory and start-up; write report.md, report.json and plots."""
    from hand_recon_ros.bench.bench import measure

    measure(out, quick, peers, only)
