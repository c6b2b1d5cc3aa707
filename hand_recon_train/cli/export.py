"""`hand-recon-train export`: weights of a run that the node loads by name."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def export(
    checkpoint: Annotated[Path, typer.Argument(help="A .ckpt file of `fit`.", exists=True, dir_okay=False)],
    out: Annotated[Path, typer.Option("--out", "-o", help="FOLDER/NAME of the weights.")],
    scores: Annotated[
        Path | None, typer.Option(help="scores.json of an evaluation, for the card.", exists=True, dir_okay=False)
    ] = None,
) -> None:
    """Write NAME.safetensors and its card NAME.yaml: data, code and figures.

    It takes the average of the weights where the run kept one. The node finds NAME in the folder
    that HAND_RECON_MODELS names.
    """
    from hand_recon_train.exporting import export_checkpoint

    path = export_checkpoint(checkpoint, out, scores)
    typer.echo(f"{path}; use it with HAND_RECON_MODELS={path.parent} and --model {path.stem}")
