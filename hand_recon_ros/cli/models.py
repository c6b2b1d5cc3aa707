"""`hand-recon models`: what --model can be; `hand-recon models import`: weights of your own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hand_recon_ros.cli.answers import FAILED

if TYPE_CHECKING:
    from hand_recon_ros.networks.cards import Card


def models(context: typer.Context) -> None:
    """List the models, with the licence, size and integrity of their weights; `models import` takes your own.

    The exit code is 1 when a file of weights is missing or damaged.
    """
    if context.invoked_subcommand:
        return
    from rich.console import Console
    from rich.table import Column, Table

    from hand_recon_ros.networks import find_network
    from hand_recon_ros.networks.cards import read_card
    from hand_recon_ros.pipeline.recipes import DEFAULT, RECIPES

    table = Table(Column("Model", no_wrap=True), "What it does", "Licence", "Size", Column("Weights", no_wrap=True))
    damage = False
    for recipe in RECIPES:
        files = [find_network(name).weights for name in (recipe.detector, recipe.landmarker)]
        cards = {file: read_card(file) for file in files if file}
        states = {file: weights_state(file, card) for file, card in cards.items()}
        damage |= any(state != "ok" for state in states.values())
        table.add_row(
            recipe.name + ("\n(default)" if recipe.name == DEFAULT else ""),
            recipe.summary,
            ", ".join(sorted({card.licence for card in cards.values()})),
            f"{sum(card.bytes for card in cards.values()) / 1e6:.1f} MB",
            "\n".join(f"{card.name}: {states[file]}" for file, card in cards.items()),
        )
    Console().print(table)
    if damage:
        raise typer.Exit(FAILED)


def import_weights(
    name: Annotated[str, typer.Argument(help="Research network, such as handoccnet.")],
    file: Annotated[Path, typer.Argument(help="Checkpoint as its authors published it.", exists=True, dir_okay=False)],
    mesh: Annotated[
        Path | None,
        typer.Option(help="Mesh or graph files published beside it, where the network needs them.", exists=True),
    ] = None,
    own_name: Annotated[
        str | None,
        typer.Option("--as", metavar="NAME", help="Keep them under a name of your own, beside others of the network."),
    ] = None,
) -> None:
    """Check a published checkpoint, without running what it holds, and keep its weights as safetensors."""
    from hand_recon_ros.networks.checkpoints import import_checkpoint

    path = import_checkpoint(name, file, mesh_files=mesh, own_name=own_name)
    typer.echo(f"weights of {name} are in {path}; --model {path.stem} uses them")


def weights_state(file: str, card: Card) -> str:
    """Whether a file of weights under models/ is "ok", "missing", or "damaged" by the checksum on its card."""
    from hand_recon_ros.networks.cards import expect_intact
    from hand_recon_ros.paths import shared_file

    try:
        expect_intact(shared_file("models", file), card.sha256, card.bytes)
    except FileNotFoundError:
        return "missing"
    except ValueError:
        return "damaged"
    return "ok"
