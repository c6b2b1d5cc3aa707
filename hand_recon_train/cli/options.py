"""Arguments and options that several verbs share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from hand_recon_train.datasets.mano import HandModels

Root = Annotated[Path, typer.Argument(help="Folder that it was unpacked to.", file_okay=False)]
Split = Annotated[str | None, typer.Option(help="Part of the data set; the training part unless said.")]
Mano = Annotated[
    Path | None,
    typer.Option(help="Folder with your MANO_RIGHT.pkl and MANO_LEFT.pkl, for meshes.", exists=True, file_okay=False),
]


def models_of(folder: Path | None) -> HandModels | None:
    """Hand models from the option, None without it."""
    from hand_recon_train.datasets.mano import load_mano_folder

    return load_mano_folder(folder) if folder else None
