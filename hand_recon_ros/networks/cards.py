"""Cards of shipped weights: what a file is, where it comes from, and the checksum that it must have."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

import yaml

from hand_recon_ros.paths import shared_file


@dataclass(frozen=True)
class Card:
    """What a card under models/ says about a file of weights.

    Attributes:
        sha256: of the whole file, as 64 hexadecimal digits.
        bytes: size of the file.
        origin, how_made: where the weights were taken from and what made the file of them.
        measured: figures by name, with how they were measured.
    """

    name: str
    sha256: str
    bytes: int
    licence: str
    origin: dict[str, Any]
    how_made: str
    measured: dict[str, Any]


def read_card(weights: str) -> Card:
    """The card of a file of weights under models/, which has the same stem.

    Raises:
        FileNotFoundError: there is no card.
        ValueError: the card lacks an entry or has one too many.
    """
    return card_at(shared_file("models", PurePath(weights).with_suffix(".yaml").name))


def card_at(path: Path) -> Card:
    """The card in a file, of shipped weights or of the user's own.

    Raises:
        FileNotFoundError: there is no card.
        ValueError: the card lacks an entry or has one too many.
    """
    try:
        return Card(**yaml.safe_load(path.read_text(encoding="utf-8")))
    except (TypeError, yaml.YAMLError) as error:
        expected = ", ".join(Card.__dataclass_fields__)
        raise ValueError(
            f"{path} must be YAML with exactly the entries {expected}: {error}; restore the file"
        ) from error


def check_shipped(weights: str) -> Card:
    """The card of a file of weights under models/, after checking that the file is there and intact.

    Raises:
        FileNotFoundError: the file or its card is missing.
        ValueError: the file is damaged.
    """
    card = read_card(weights)
    expect_intact(shared_file("models", weights), card.sha256, card.bytes)
    return card


def expect_intact(path: Path, sha256: str, size: int) -> None:
    """Check that a file has this checksum and size in bytes.

    Raises:
        ValueError: it has not.
        OSError: it cannot be read.
    """
    given = path.stat().st_size
    if given != size:
        raise ValueError(f"expected {size} bytes in {path}, got {given}; the file is damaged: install it again")
    found = file_digest(path)
    if found != sha256:
        raise ValueError(f"expected {path} with sha256 {sha256}, got {found}; the file was changed: install it again")


def file_digest(path: Path) -> str:
    """SHA-256 of a file of any size, as hexadecimal digits."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(2**20):
            digest.update(block)
    return digest.hexdigest()
