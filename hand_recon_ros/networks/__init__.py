"""The neural networks: a table of their names, and functions that build one with its weights."""

from __future__ import annotations

import pkgutil
from typing import TYPE_CHECKING

from hand_recon_ros.networks.imports import imported_names, imported_weights
from hand_recon_ros.networks.intake import Border, Intake, Normalisation, Region
from hand_recon_ros.networks.registry import (
    NetworkEntry,
    find_intake,
    find_network,
    mesh_network_names,
    network_names,
)
from hand_recon_ros.paths import shared_file

if TYPE_CHECKING:
    from torch import nn

    from hand_recon_ros.hand_model import HandModel
    from hand_recon_ros.networks.live import LiveNetwork

__all__ = [
    "Border",
    "Intake",
    "NetworkEntry",
    "Normalisation",
    "Region",
    "create_network",
    "find_intake",
    "find_network",
    "imported_names",
    "imported_weights",
    "live_network",
    "mesh_network_names",
    "network_names",
    "untrained_network",
]

SEED = 0


def create_network(name: str, hand_model: HandModel | None = None, left: HandModel | None = None) -> nn.Module:
    """A network by name, in evaluation mode on the CPU as float32, with its shipped weights or those imported.

    Args:
        name: one of network_names(), or the name that weights were imported under.
        hand_model: the right hand that a network's parameters or vertices belong to; others ignore it.
        left: the left hand for networks that give both; left out, each takes what its module says.

    Raises:
        ValueError: an unknown name, a hand model of the wrong side, or weights that are damaged or do not fit.
        FileNotFoundError: no weights were imported (the sentence says how to), or shipped ones are not installed.
    """
    from hand_recon_ros.networks.cards import card_at
    from hand_recon_ros.networks.checkpoints import load_imported
    from hand_recon_ros.networks.weights import fill_network, read_weights

    entry = find_network(name)
    if entry.weights is None:
        path = imported_weights(name)
        network = _built(entry, hand_model, left)
        load_imported(network, path)
    else:
        network = _built(entry, hand_model, left)
        path = shared_file("models", entry.weights)
        card = card_at(path.with_suffix(".yaml"))
        fill_network(network, read_weights(path, card.sha256, card.bytes))
    return network.eval()


def untrained_network(name: str, hand_model: HandModel | None = None, left: HandModel | None = None) -> nn.Module:
    """The same with random weights, which follow from the name alone: for training, tests and benchmarks."""
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        return _built(find_network(name), hand_model, left).eval()


def live_network(
    name: str, hand_model: HandModel | None, left: HandModel | None = None, random_weights: bool = False
) -> LiveNetwork:
    """A mesh network from uint8 pictures to LiveHands, as the pipeline runs it; see create_network for the rest.

    Raises:
        ValueError: as create_network, or a network that gives no whole hands.
        FileNotFoundError: as create_network.
    """
    from hand_recon_ros.networks.live import LiveNetwork

    intake = find_intake(name)
    return LiveNetwork((untrained_network if random_weights else create_network)(name, hand_model, left), intake.size)


def _built(entry: NetworkEntry, hand_model: HandModel | None, left: HandModel | None) -> nn.Module:
    build = pkgutil.resolve_name(entry.factory)
    if entry.intake and not entry.intake.right_only:
        return build(hand_model, left)
    return build(hand_model) if entry.poses_model else build()
