"""What a network that is to run is built of; readable without torch, so that its export can be found without."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from hand_recon_ros.hand_model import HandModel
from hand_recon_ros.networks import create_network, find_network, imported_weights, live_network
from hand_recon_ros.networks.cards import card_at, check_shipped
from hand_recon_ros.types import Side

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class Build:
    """A network by name, the hand models that mesh networks need, and whose weights.

    Attributes:
        hand_model, left: as live_network takes them; other networks ignore them.
        random_weights: for tests and benchmarks; otherwise the shipped or imported ones.
    """

    name: str
    hand_model: HandModel | None = None
    left: HandModel | None = None
    random_weights: bool = False


def built(build: Build) -> nn.Module:
    """The network, a mesh network wrapped so that it gives LiveHands; errors as those of live_network."""
    if find_network(build.name).intake is None:
        return create_network(build.name)
    return live_network(build.name, build.hand_model, build.left, build.random_weights)


def digest_of(build: Build) -> str:
    """SHA-256 of the weights and the hand models.

    Raises:
        ValueError: an unknown network, or shipped weights that are damaged.
        FileNotFoundError: no weights were imported; the sentence says how to.
    """
    digest = hashlib.sha256(weights_digest(build).encode())
    for name, array in _arrays(build).items():
        digest.update(f"{name} {array.dtype} {array.shape}".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def weights_digest(build: Build) -> str:
    """What tells one network's weights from others."""
    if build.random_weights:
        return "random"
    weights = find_network(build.name).weights
    if weights is None:
        return card_at(imported_weights(build.name).with_suffix(".yaml")).sha256
    # An export is as good as its weights were, but a damaged installation should be told, not worked around.
    return check_shipped(weights).sha256


def save_build(build: Build, path: Path) -> None:
    """Write it for another process of this package."""
    with path.open("wb") as file:
        np.savez(file, name=build.name, random_weights=build.random_weights, **_arrays(build))


def read_build(path: Path) -> Build:
    """Read what save_build wrote."""
    with np.load(path, allow_pickle=False) as stored:
        arrays = dict(stored)
    right, left = (_hand(arrays, which) for which in ("hand_model", "left"))
    return Build(str(arrays["name"]), right, left, bool(arrays["random_weights"]))


def _arrays(build: Build) -> dict[str, Any]:
    """The fields of the hand models, by the names of both."""
    models = {"hand_model": build.hand_model, "left": build.left}
    return {
        f"{which}.{field.name}": np.asarray(getattr(model, field.name))
        for which, model in models.items()
        if model is not None
        for field in fields(model)
    }


def _hand(arrays: dict[str, Any], which: str) -> HandModel | None:
    named = {name.removeprefix(f"{which}."): array for name, array in arrays.items() if name.startswith(f"{which}.")}
    if not named:
        return None
    return HandModel(**named | {"name": str(named["name"]), "side": Side(int(named["side"]))})
