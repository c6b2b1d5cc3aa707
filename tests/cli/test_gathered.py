"""Options that belong together as one argument."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import typer
from typer.testing import CliRunner

from hand_recon_ros.cli.answers import answering
from hand_recon_ros.cli.gathered import gathered


@dataclass(frozen=True)
class Place:
    """Where."""

    town: Annotated[str, typer.Option(help="Which town.")]
    number: Annotated[int, typer.Option(min=1)] = 3


def run(*arguments: str) -> tuple[list[object], str]:
    got: list[object] = []

    @gathered
    def send(name: Annotated[str, typer.Argument()], *, place: Place, fast: bool = False) -> None:
        """Send it."""
        got.extend([name, place, fast])

    app = typer.Typer()
    app.command()(answering(send))
    return got, CliRunner().invoke(app, arguments).output


def test_the_fields_are_options_and_arrive_as_the_dataclass() -> None:
    assert run("letter", "--town", "Bonn", "--fast")[0] == ["letter", Place("Bonn", 3), True]
    assert run("letter", "--number", "8", "--town", "Ulm")[0] == ["letter", Place("Ulm", 8), False]


def test_the_fields_keep_their_place_help_and_checks() -> None:
    _, help_text = run("--help")
    assert "Send it." in help_text and "Which town." in help_text and "--place" not in help_text
    assert help_text.index("--town") < help_text.index("--number") < help_text.index("--fast")
    assert run("letter", "--town", "Bonn", "--number", "0")[0] == []
    assert run("letter")[0] == [], "a field without a default must be given"
