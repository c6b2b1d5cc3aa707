"""Importing published checkpoints: what they look like, and what must be refused."""

from __future__ import annotations

import io
import pickle
import zipfile
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from checkpoint_files import nothing_written, saved
from torch import nn

from hand_recon_ros.networks import (
    create_network,
    find_network,
    registry,
)
from hand_recon_ros.networks.checkpoints import import_checkpoint, load_imported
from hand_recon_ros.networks.imports import imported_names, imported_weights, model_folder
from hand_recon_ros.networks.published import Published
from hand_recon_ros.networks.registry import NETWORKS, NetworkEntry

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


def test_another_networks_checkpoint_is_refused(tmp_path, state):
    other = saved(tmp_path, {"conv.weight": torch.ones(2, 3)})
    with pytest.raises(ValueError, match=r"holds no checkpoint of small: .*unexpected"):
        import_checkpoint("small", other, tmp_path)
    with pytest.raises(ValueError, match=r"holds no checkpoint of handoccnet: .*missing FIT\.conv1\.0\.bias"):
        import_checkpoint("handoccnet", saved(tmp_path, state), tmp_path)
    assert nothing_written(tmp_path)
