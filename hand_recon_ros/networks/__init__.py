"""The neural networks: a table of their names, and a function that builds one with its weights."""

from __future__ import annotations

import pkgutil
from typing import TYPE_CHECKING

from hand_recon_ros.networks.registry import NetworkEntry, find_network, network_names
from hand_recon_ros.paths import shared_file

if TYPE_CHECKING:
    from torch import nn

    from hand_recon_ros.hand_model import HandModel

__all__ = ["NetworkEntry", "create_network", "find_network", "network_names"]


def create_network(name: str, hand_model: HandModel | None = None) -> nn.Module:
    """A network by name, in evaluation mode on the CPU as float32, with its shipped weights if it has any.

    Args:
        name: one of network_names().
        hand_model: the model that a network's parameters or vertices belong to; others ignore it.

    Raises:
        ValueError: an unknown name, or weights that are damaged or do not fit.
        FileNotFoundError: the weights are not where the package was installed.
    """
    from hand_recon_ros.networks.cards import read_card
    from hand_recon_ros.networks.weights import fill_network, read_weights

    entry = find_network(name)
    build = pkgutil.resolve_name(entry.factory)
    network = build(hand_model) if entry.poses_model else build()
    if entry.weights is not None:
        card = read_card(entry.weights)
        fill_network(network, read_weights(shared_file("models", entry.weights), card.sha256, card.bytes))
    return network.eval()
