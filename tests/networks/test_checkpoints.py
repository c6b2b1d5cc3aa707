"""Importing published checkpoints: what they look like, and what must be refused."""

from __future__ import annotations

import io
import json
import math
import pickle
import zipfile
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from torch import nn

from hand_recon_ros.hand_model import load_free_hand
from hand_recon_ros.networks import (
    create_network,
    find_intake,
    find_network,
    mesh_network_names,
    registry,
    untrained_network,
)
from hand_recon_ros.networks.checkpoints import import_checkpoint, load_imported
from hand_recon_ros.networks.conformance.seeding import seeded_array, synthetic_hand
from hand_recon_ros.networks.imports import imported_names, imported_weights, model_folder
from hand_recon_ros.networks.interacthand import InteractHand
from hand_recon_ros.networks.published import Published
from hand_recon_ros.networks.registry import NETWORKS, NetworkEntry
from hand_recon_ros.types import Side

CASES = Path(__file__).parents[1] / "data" / "conformance"


class Small(nn.Linear):
    """A network of six weights and two biases that was published under other names."""

    published = Published(wrapper="network", renamed=(("fc.", ""),), ignored=("unused.",))

    def __init__(self) -> None:
        super().__init__(3, 2)


@pytest.fixture(autouse=True)
def small_network(monkeypatch):
    row = NetworkEntry("small", f"{__name__}:Small", None, 8, "MIT")
    monkeypatch.setattr(registry, "NETWORKS", (*NETWORKS, row))


@pytest.fixture
def state() -> dict[str, torch.Tensor]:
    return OrderedDict(
        {
            "module.fc.weight": torch.arange(6.0).reshape(2, 3),
            "module.fc.bias": torch.ones(2),
            "module.unused.weight": torch.full((4,), torch.nan),
        }
    )


def saved(folder: Path, content: object, **options: object) -> Path:
    path = folder / "snapshot_demo.pth.tar"
    torch.save(content, path, **options)
    return path


def nothing_written(folder: Path) -> bool:
    return not list(folder.glob("**/*.safetensors")) and not list(folder.glob("**/*.yaml"))


@pytest.mark.parametrize("new_format", [True, False], ids=["zip", "legacy"])
def test_a_published_file_becomes_safetensors_with_a_card(tmp_path, state, new_format):
    network = Small()
    optimiser = torch.optim.Adam(network.parameters())
    network(torch.ones(1, 3)).sum().backward()
    optimiser.step()
    content = {
        "epoch": np.int64(80),
        "best": np.float64(5.5),
        "history": np.arange(3),
        "network": state,
        "optimizer": optimiser.state_dict(),
    }
    file = saved(tmp_path, content, _use_new_zipfile_serialization=new_format)
    path = import_checkpoint("small", file, tmp_path / "models")
    assert path == tmp_path / "models" / "small.safetensors"
    card = yaml.safe_load(path.with_suffix(".yaml").read_text())
    assert (card["name"], card["licence"], card["bytes"]) == ("small", "MIT", path.stat().st_size)
    assert card["origin"]["file"] == file.name
    load_imported(network, path)
    assert network.weight.tolist() == [[0, 1, 2], [3, 4, 5]]
    assert network.bias.tolist() == [1, 1]


@pytest.mark.parametrize("wrap", [lambda s: s, lambda s: {"state_dict": s}, lambda s: {"model_state_dict": s, "x": 1}])
def test_a_state_dict_is_found_bare_or_wrapped_and_without_prefix(tmp_path, state, wrap):
    bare = {key.removeprefix("module."): tensor for key, tensor in state.items()}
    network = Small()
    load_imported(network, import_checkpoint("small", saved(tmp_path, wrap(bare)), tmp_path))
    assert network.bias.tolist() == [1, 1]


def test_tensors_that_share_memory_or_are_views_are_stored_by_value(tmp_path, state):
    base = torch.arange(20.0)
    state |= {"module.fc.weight": base[:6].reshape(3, 2).T, "module.fc.bias": base[2:4]}
    network = Small()
    load_imported(network, import_checkpoint("small", saved(tmp_path, state), tmp_path))
    assert network.weight.tolist() == [[0, 2, 4], [1, 3, 5]]
    assert network.bias.tolist() == [2, 3]


def test_the_folder_is_the_users_own_or_the_one_the_environment_names(tmp_path, state, monkeypatch):
    monkeypatch.setenv("HAND_RECON_MODELS", str(tmp_path / "zoo"))
    with pytest.raises(FileNotFoundError, match=r"run `hand-recon models import small FILE`"):
        imported_weights("small")
    path = import_checkpoint("small", saved(tmp_path, state))
    assert path == model_folder() / "small.safetensors" == imported_weights("small")


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_no_numbers_are_refused(tmp_path, state, value):
    state["module.fc.bias"][1] = value
    with pytest.raises(ValueError, match=r"expected finite numbers in bias of .*snapshot_demo"):
        import_checkpoint("small", saved(tmp_path, {"network": state}), tmp_path)
    assert nothing_written(tmp_path)


@pytest.mark.parametrize("change", ["missing", "extra", "shape"])
def test_what_does_not_fit_is_named(tmp_path, state, change):
    if change == "missing":
        del state["module.fc.bias"]
    elif change == "extra":
        state["module.head.scale"] = torch.ones(1)
    else:
        state["module.fc.weight"] = torch.ones(1, 1).expand(2**20, 2**20)
    named = {
        "missing": "missing bias",
        "extra": "unexpected head.scale",
        "shape": r"weight \(1048576, 1048576\) instead",
    }
    with pytest.raises(ValueError, match=f"no checkpoint of small: .*{named[change]}"):
        import_checkpoint("small", saved(tmp_path, {"network": state}), tmp_path)
    assert nothing_written(tmp_path)


class Hostile:
    def __reduce__(self):
        return (Path.touch, (Path("ran"),))


@pytest.mark.parametrize("new_format", [True, False], ids=["zip", "legacy"])
def test_pickled_code_is_not_run(tmp_path, state, monkeypatch, new_format):
    monkeypatch.chdir(tmp_path)
    file = saved(tmp_path, {"network": state, "epoch": Hostile()}, _use_new_zipfile_serialization=new_format)
    with pytest.raises(ValueError, match=r"but it names \S+, which no weights need"):
        import_checkpoint("small", file, tmp_path)
    assert not Path("ran").exists()
    assert nothing_written(tmp_path)


def test_placeholders_do_not_hide_a_hostile_numpy_object(tmp_path, state):
    array = np.array([Hostile()], dtype=object)
    with pytest.raises(ValueError, match="but it names"):
        import_checkpoint("small", saved(tmp_path, {"network": state, "history": array}), tmp_path)


@pytest.mark.parametrize("new_format", [True, False], ids=["zip", "legacy"])
def test_a_truncated_file_is_refused_and_an_earlier_import_kept(tmp_path, state, new_format):
    path = import_checkpoint("small", saved(tmp_path, state), tmp_path)
    before = path.read_bytes()
    file = saved(
        tmp_path, {"network": state | {"module.fc.bias": torch.zeros(2)}}, _use_new_zipfile_serialization=new_format
    )
    content = file.read_bytes()
    for size in (0, 1, 10, len(content) // 2, len(content) - 5):
        file.write_bytes(content[:size])
        with pytest.raises(ValueError, match=r"expected a PyTorch checkpoint in .*snapshot_demo"):
            import_checkpoint("small", file, tmp_path)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "content", [[1, 2], {"network": {"a": 1}}, torch.ones(3), {"epoch": 3}], ids=["list", "numbers", "tensor", "epoch"]
)
def test_a_file_without_a_state_dict_is_refused(tmp_path, content):
    with pytest.raises(ValueError, match=r"expected a state dict in .*snapshot_demo"):
        import_checkpoint("small", saved(tmp_path, content), tmp_path)


def test_files_of_other_formats_are_refused(tmp_path):
    file = tmp_path / "weights.bin"
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as other:
        other.writestr("readme.txt", "no checkpoint")
    for content in (b"no checkpoint", pickle.dumps({"a": np.ones(3)}), archive.getvalue()):
        file.write_bytes(content)
        with pytest.raises(ValueError, match=r"expected a PyTorch checkpoint in .*weights\.bin"):
            import_checkpoint("small", file, tmp_path)


def test_networks_without_published_checkpoints_are_named(tmp_path, state):
    file = saved(tmp_path, state)
    with pytest.raises(ValueError, match="expected a network with published checkpoints, got PalmDetector"):
        import_checkpoint("palm_detector", file, tmp_path)
    with pytest.raises(ValueError, match="expected a network out of"):
        import_checkpoint("nothing", file, tmp_path)


def test_a_damaged_import_is_not_loaded(tmp_path, state):
    path = import_checkpoint("small", saved(tmp_path, state), tmp_path)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ValueError, match=r"small\.safetensors"):
        load_imported(Small(), path)


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


def test_another_networks_checkpoint_is_refused(tmp_path, handoccnet_file, state):
    with pytest.raises(ValueError, match=r"holds no checkpoint of small: .*unexpected"):
        import_checkpoint("small", handoccnet_file, tmp_path)
    with pytest.raises(ValueError, match=r"holds no checkpoint of handoccnet: .*missing FIT\.conv1\.0\.bias"):
        import_checkpoint("handoccnet", saved(tmp_path, state), tmp_path)
    assert nothing_written(tmp_path)


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


def test_weights_are_kept_under_a_name_of_ones_own_beside_others(tmp_path, state, monkeypatch):
    monkeypatch.setenv("HAND_RECON_MODELS", str(tmp_path / "zoo"))
    import_checkpoint("small", saved(tmp_path, state))
    state["module.fc.bias"] = torch.full((2,), 7.0)
    path = import_checkpoint("small", saved(tmp_path, state), own_name="my_small")
    assert path == imported_weights("my_small") == model_folder() / "my_small.safetensors"
    assert imported_names() == {"my_small": "small", "small": "small"}
    assert find_network("my_small").name == "my_small"
    assert find_network("my_small").factory == find_network("small").factory
    assert [create_network(name).bias.tolist() for name in ("small", "my_small")] == [[1, 1], [7, 7]]


@pytest.mark.parametrize("name", ["handoccnet", "../small", "Mine", "", "a" * 65])
def test_names_that_are_taken_or_no_names_are_refused(tmp_path, state, name):
    file = saved(tmp_path, state)
    if not name:
        assert import_checkpoint("small", file, tmp_path, own_name=name).stem == "small"
        return
    with pytest.raises(ValueError, match="a name of small letters, digits and underscores that no network has"):
        import_checkpoint("small", file, tmp_path, own_name=name)
    assert nothing_written(tmp_path)


def test_an_import_whose_network_is_gone_is_unknown(tmp_path, state, monkeypatch):
    monkeypatch.setenv("HAND_RECON_MODELS", str(tmp_path))
    card = import_checkpoint("small", saved(tmp_path, state), own_name="mine").with_suffix(".yaml")
    card.write_text(card.read_text().replace("name: small", "name: forgotten"))
    with pytest.raises(ValueError, match=r"expected a network out of .*got 'mine'"):
        find_network("mine")


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
