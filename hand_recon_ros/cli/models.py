"""`hand-recon models`: what --model can be; `hand-recon models import`: weights of your own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from hand_recon_ros.cli.answers import FAILED

ABSENT = "not imported"


def models(context: typer.Context) -> None:
    """List the models, with the licence, size and integrity of their weights; `models import` takes your own.

    The exit code is 1 when a file of weights is damaged, or a shipped one missing.
    """
    if context.invoked_subcommand:
        return
    from rich.console import Console
    from rich.table import Column, Table

    from hand_recon_ros.pipeline.recipes import DEFAULT, MeshRecipe, model_recipes

    model, licence, weights = (Column(title, no_wrap=True) for title in ("Model", "Licence, size", "Weights"))
    table = Table(model, "What it does", licence, weights)
    states: set[str] = set()
    for recipe in model_recipes():
        # A mesh network's other networks are those of the default model.
        mesh = isinstance(recipe, MeshRecipe)
        rows = [weights_of(name) for name in ([recipe.name] if mesh else recipe.networks)]
        states.update(row.state for row in rows)
        sizes = [f"{sum(row.bytes for row in rows) / 1e6:.1f} MB"] if any(row.bytes for row in rows) else []
        table.add_row(
            recipe.name + ("\n(default)" if recipe.name == DEFAULT else ""),
            recipe.summary,
            "\n".join([*sorted({row.licence for row in rows}), *sizes]),
            rows[0].state if mesh else "\n".join(f"{row.network}: {row.state}" for row in rows),
        )
    Console().print(table)
    if ABSENT in states:
        typer.echo(
            f"{ABSENT}: get the published checkpoint from its authors, then `hand-recon models import MODEL FILE`"
        )
    if states & {"missing", "damaged"}:
        raise typer.Exit(FAILED)


class Weights(NamedTuple):
    """A network's weights: their licence, size in bytes (0 where there are none) and state."""

    network: str
    licence: str
    bytes: int
    state: str


def weights_of(network: str) -> Weights:
    """The shipped or imported weights of a network: "ok", "missing", "not imported", or "damaged" by their card."""
    from hand_recon_ros.networks import find_network, imported_weights
    from hand_recon_ros.networks.cards import card_at, expect_intact, read_card
    from hand_recon_ros.paths import shared_file

    entry = find_network(network)
    if entry.weights is None:
        try:
            path = imported_weights(network)
        except FileNotFoundError:
            return Weights(network, entry.licence, 0, ABSENT)
        card = card_at(path.with_suffix(".yaml"))
    else:
        card = read_card(entry.weights)
    try:
        expect_intact(path if entry.weights is None else shared_file("models", entry.weights), card.sha256, card.bytes)
    except FileNotFoundError:
        return Weights(network, card.licence, card.bytes, "missing")
    except ValueError:
        return Weights(network, card.licence, card.bytes, "damaged")
    return Weights(network, card.licence, card.bytes, "ok")


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
