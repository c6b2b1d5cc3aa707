from __future__ import annotations

import subprocess
import sys

import pytest
from torch import nn

from hand_recon_ros.hand_model import load_free_hand
from hand_recon_ros.networks import create_network, network_names, registry, untrained_network
from hand_recon_ros.networks.cards import read_card
from hand_recon_ros.networks.registry import NETWORKS, NetworkEntry
from hand_recon_ros.paths import shared_file


class PosedNetwork(nn.Module):
    def __init__(self, hand_model) -> None:
        super().__init__()
        self.hand_model = hand_model


def test_an_unknown_name_is_answered_with_the_known_ones():
    with pytest.raises(ValueError, match=r"palm_detector, hand_landmark_full, hand_landmark_lite.*got 'hamer'"):
        create_network("hamer")


def test_names_are_unique():
    assert len(set(network_names())) == len(NETWORKS)


@pytest.mark.parametrize("entry", [e for e in NETWORKS if e.weights], ids=lambda e: e.name)
def test_shipped_weights_have_a_card_that_fits(entry):
    card = read_card(entry.weights)
    assert (card.name, card.licence) == (entry.name, entry.licence)
    assert card.bytes == shared_file("models", entry.weights).stat().st_size
    assert card.origin["package"]
    assert max(card.measured["agreement_with_tflite"]["values"]) < 1e-3


def test_a_network_that_poses_a_hand_model_gets_it(monkeypatch):
    row = NetworkEntry("posed", f"{__name__}:PosedNetwork", None, 224, "MIT", poses_model=True)
    monkeypatch.setattr(registry, "NETWORKS", (*NETWORKS, row))
    hand = load_free_hand()
    network = untrained_network("posed", hand_model=hand)
    assert network.hand_model is hand
    assert not network.training


def test_reading_the_table_does_not_import_torch():
    code = "import sys, hand_recon_ros.networks as n; assert n.network_names(); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
