"""Checkpoints of the research networks: what of the published files is kept, and whose they are."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
import torch
from checkpoint_files import nothing_written, saved

from hand_recon_ros.hand_model import load_free_hand
from hand_recon_ros.networks import create_network, find_intake, find_network, mesh_network_names, untrained_network
from hand_recon_ros.networks.checkpoints import import_checkpoint, load_imported
from hand_recon_ros.networks.conformance.seeding import seeded_array, synthetic_hand
from hand_recon_ros.networks.interacthand import InteractHand
from hand_recon_ros.types import Side

CASES = Path(__file__).parents[1] / "data" / "conformance"


def published_state(name: str) -> dict[str, torch.Tensor]:
    """A state dict with every key of the published one, MANO's arrays and constants included."""
    manifest = json.loads((CASES / name / "manifest.json").read_text())
    return {
        key: torch.zeros(shape, dtype=getattr(torch, dtype))
        if len(shape) > 1
        else torch.from_numpy(seeded_array(key, shape, dtype))
        for key, (shape, dtype) in manifest.items()
    }


@pytest.fixture(scope="module")
def handoccnet_file(tmp_path_factory):
    folder = tmp_path_factory.mktemp("published")
    return saved(folder, {"epoch": 70, "network": published_state("handoccnet"), "optimizer": {"state": {}}})


def test_handoccnet_is_imported_without_manos_arrays(tmp_path, handoccnet_file):
    path = import_checkpoint("handoccnet", handoccnet_file, tmp_path)
    network = untrained_network("handoccnet", hand_model=synthetic_hand(Side.RIGHT))
    assert not [key for key in network.state_dict() if "th_" in key]
    load_imported(network, path)
    mean = network.state_dict()["backbone.layer0.1.running_mean"]
    torch.testing.assert_close(mean, torch.from_numpy(seeded_array("module.backbone.layer0.1.running_mean", [64])))
    assert path.stat().st_size < 4 * 39_500_000


def test_interacthand_takes_files_with_and_without_its_hand_branch(tmp_path, handoccnet_file):
    hand = load_free_hand()
    without = import_checkpoint("interacthand", handoccnet_file, tmp_path / "without")
    load_imported(InteractHand(hand), without)
    with pytest.raises(ValueError, match=r"missing backbone_agu\."):
        load_imported(InteractHand(hand, fusion=True), without)
    whole = saved(tmp_path, {"network": published_state("interacthand")})
    path = import_checkpoint("interacthand", whole, tmp_path)
    load_imported(InteractHand(hand), path)
    load_imported(InteractHand(hand, fusion=True), path)


def test_a_hand_branch_with_a_hole_is_refused(tmp_path):
    state = published_state("interacthand")
    del state["module.backbone_agu.layer2.1.8.gamma"]
    with pytest.raises(ValueError, match=r"missing backbone_agu\.layer2\.1\.8\.gamma"):
        import_checkpoint("interacthand", saved(tmp_path, state), tmp_path)


@pytest.mark.parametrize("name", mesh_network_names())
def test_without_weights_the_sentence_says_how_to_get_and_import_them(name, tmp_path, monkeypatch):
    monkeypatch.setenv("HAND_RECON_MODELS", str(tmp_path))
    with pytest.raises(FileNotFoundError) as raised:
        create_network(name, load_free_hand())
    sentence = str(raised.value)
    assert f"; get {find_network(name).source} and run `hand-recon models import {name} FILE" in sentence
    assert ("--mesh" in sentence) == find_intake(name).direct_mesh


@pytest.mark.parametrize(
    ("name", "given", "what"),
    [
        ("youtubehand_resnet18", "youtubehand_resnet50", " but one of youtubehand_resnet50: "),
        ("youtubehand_resnet50", "youtubehand_hrnet", " but one of youtubehand_hrnet: "),
        ("youtubehand_hrnet", "youtubehand_resnet18", " but one of youtubehand_resnet18: "),
        ("eaa_interhand_release", "eaa_interhand", " but one of eaa_interhand: "),
        ("eaa_interhand", "eaa_interhand_release", " but one of eaa_interhand_release: "),
        ("smhr_multi", "smhr_single", " but one of smhr_single: "),
        ("smhr_single", "smhr_multi", " but one of smhr_multi: "),
        ("handoccnet", "smhr_single", ": expected the"),
    ],
)
def test_a_checkpoint_of_another_network_is_refused_and_a_sisters_recognised(tmp_path, name, given, what):
    manifest = json.loads((CASES / given / "manifest.json").read_text())
    # Shapes decide before any value is looked at, so that one number can stand for all of a tensor's.
    state = {key: torch.zeros(1).expand(math.prod(shape)).view(shape) for key, (shape, _) in manifest.items()}
    with pytest.raises(ValueError, match=f"holds no checkpoint of {name}{what}.*use weights made for this network"):
        import_checkpoint(name, saved(tmp_path, state), tmp_path / "models")
    assert nothing_written(tmp_path)
