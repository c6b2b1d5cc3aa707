"""Where the weights that users imported lie, and under which names. Readable without torch."""

from __future__ import annotations

import os
import re
from pathlib import Path

from platformdirs import user_data_path

from hand_recon_ros.networks.cards import card_at

MODELS_VARIABLE = "HAND_RECON_MODELS"
NAME = re.compile(r"[a-z0-9][a-z0-9_]{0,63}")


def model_folder() -> Path:
    """Where imported weights are kept: the folder that HAND_RECON_MODELS names, or the user's own."""
    named = os.environ.get(MODELS_VARIABLE)
    return Path(named).absolute() if named else user_data_path("hand_recon_ros", appauthor=False) / "models"


def imported_names() -> dict[str, str]:
    """The names that weights were imported under, each with the network that they belong to.

    Raises:
        ValueError: a card in the folder is damaged.
    """
    cards = sorted(model_folder().glob("*.yaml"))
    return {path.stem: card_at(path).name for path in cards if path.with_suffix(".safetensors").is_file()}


def network_of_import(name: str) -> str | None:
    """The network that weights imported under a name belong to, or None where there are none."""
    card = model_folder() / f"{name}.yaml"
    return card_at(card).name if NAME.fullmatch(name) and card.is_file() else None


def imported_weights(name: str, folder: Path | None = None) -> Path:
    """The safetensors file that was imported under a name, which is a network's own if nothing else was asked for.

    Raises:
        FileNotFoundError: none was imported; the sentence says how to.
    """
    from hand_recon_ros.networks.registry import find_network

    path = (folder or model_folder()) / f"{name}.safetensors"
    if not path.is_file():
        entry = find_network(name)
        mesh = " --mesh FILES" if entry.intake and entry.intake.direct_mesh else ""
        raise FileNotFoundError(
            f"expected the weights of {name} in {path}, which does not exist; get {entry.source} "
            f"and run `hand-recon models import {name} FILE{mesh}`"
        )
    return path
