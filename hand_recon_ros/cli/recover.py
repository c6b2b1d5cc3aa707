"""`hand-recon recover`: what a killed recording left."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def recover(
    folder: Annotated[
        Path, typer.Argument(exists=True, file_okay=False, help="What is left, such as night.mcap.partial.")
    ],
) -> None:
    """Make what a killed recording left readable again, and put it in its place."""
    from hand_recon_ros.bus.recorder import recover as recovered

    typer.echo(f"recovered; see {recovered(folder)}")
