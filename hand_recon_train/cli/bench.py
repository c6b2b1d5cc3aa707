"""`hand-recon-train bench`: where the time of a training step goes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def bench(
    context: typer.Context,
    config: Annotated[Path, typer.Argument(help="Configuration of `fit`.", exists=True, dir_okay=False)],
    steps: Annotated[int, typer.Option(min=1, help="Steps that are timed.")] = 10,
) -> None:
    """Time training steps: waiting for the loader, forward, backward, optimiser; keys of `fit` may follow."""
    from hand_recon_train.training.timing import measure_steps

    typer.echo(measure_steps(["--config", str(config), *context.args], steps).text())
