"""`hand-recon-train prepare`: InterHand2.6M's crops of two hands."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hand_recon_ros.cli.answers import FAILED, complain
from hand_recon_train.cli.options import Mano, Root, models_of
from hand_recon_train.cli.program import PROGRAM


def prepare(
    path: Root,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the crops.", file_okay=False)],
    mano: Mano = None,
    split: Annotated[str, typer.Option(help="train, val or test.")] = "train",
    colours: Annotated[
        Path | None,
        typer.Option(help="Vertex colours of the dense maps (v_color.pkl of IntagHand).", exists=True, dir_okay=False),
    ] = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes.")] = 1,
) -> None:
    """Cut InterHand2.6M's pictures of two interacting hands to 256x256, with maps, for `interhand-prepared`.

    A damaged picture is named and skipped, and the exit code is then 1.
    """
    from hand_recon_train.datasets.interhand import SPLITS, InterHand
    from hand_recon_train.datasets.interhand_maps import read_colours
    from hand_recon_train.datasets.interhand_preparing import prepare_interhand

    if split not in SPLITS:
        raise typer.BadParameter(f"expected {', '.join(SPLITS)}, got {split}", param_hint="--split")
    models = models_of(mano)
    if models is None:
        raise typer.BadParameter("the hands are fitted with MANO; give the folder of your files", param_hint="--mano")
    shades = read_colours(colours) if colours else None
    outcome = prepare_interhand(InterHand(path, split), split, models, out, shades, workers)
    for problem in outcome.damaged:
        complain(problem, PROGRAM)
    typer.echo(f"{outcome.kept} pairs of hands in {out / split}, {len(outcome.damaged)} damaged pictures skipped")
    if outcome.damaged:
        raise typer.Exit(FAILED)
