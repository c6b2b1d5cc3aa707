"""`hand-recon-train inspect`: what is in a data set, and whether it is read right."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hand_recon_ros.cli.answers import FAILED, complain
from hand_recon_train.cli.options import Mano, Root, Split, models_of
from hand_recon_train.cli.program import PROGRAM

if TYPE_CHECKING:
    from hand_recon_train.datasets import HandDataset, Sample

MOST_DRAWN = 64


def inspect(
    dataset: Annotated[str, typer.Argument(help="Name of a data set; a wrong one lists them.")],
    path: Root,
    split: Split = None,
    count: Annotated[int, typer.Option(min=1, help="Samples to read, spread over the data set.")] = 16,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Contact sheet (.png) of up to 64 of them.", dir_okay=False)
    ] = None,
    mano: Mano = None,
) -> None:
    """Read samples of a data set, check that they can be hands, and draw them with their truth.

    The exit code is 1 when a file is damaged or missing, when the layout is not the published one, or when a sample
    cannot be right.
    """
    from hand_recon_train.datasets import open_dataset
    from hand_recon_train.datasets.inspection import counts, doubts

    models = models_of(mano)
    opened = open_dataset(dataset, path, split, models)
    samples, damaged = _read(opened, count)
    doubtful = [doubt for sample in samples for doubt in doubts(sample)]
    for problem in (*damaged, *doubtful):
        complain(problem, PROGRAM)
    if out and samples:
        from hand_recon_ros.render.picture import save_png
        from hand_recon_train.datasets.sheet import draw_sheet

        save_png(out, draw_sheet(samples[:MOST_DRAWN], models))
    known = ", ".join(f"{number} {name}" for name, number in counts(samples).items() if number)
    typer.echo(f"{len(opened)} samples; read {known}; {len(damaged)} damaged, {len(doubtful)} doubtful")
    if damaged or doubtful:
        raise typer.Exit(FAILED)


def _read(dataset: HandDataset, count: int) -> tuple[list[Sample], list[str]]:
    """Samples spread evenly over a data set, and what is wrong with those that cannot be read."""
    from rich.progress import track

    from hand_recon_ros.cli.progress import stderr
    from hand_recon_train.datasets import DamagedFile

    samples, damaged = [], []
    chosen = sorted({k * len(dataset) // count for k in range(count)})
    for index in track(chosen, "Samples", console=stderr()):
        try:
            samples.append(dataset[index])
        except (DamagedFile, FileNotFoundError) as error:
            damaged.append(str(error))
    return samples, damaged
