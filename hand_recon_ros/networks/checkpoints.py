"""Published PyTorch checkpoints, as their authors saved them, into safetensors files of the user's own.

A checkpoint is a pickle. PyTorch's restricted unpickler reads it, which builds tensors and plain containers and runs
nothing; NumPy objects, which some training scripts leave beside the weights, are read as placeholders.
"""

from __future__ import annotations

import pkgutil
import re
import zipfile
from collections.abc import Mapping
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
import yaml
from safetensors.torch import save_file
from torch import Tensor, nn

from hand_recon_ros.atomic import written_whole
from hand_recon_ros.hand_model import load_free_hand
from hand_recon_ros.networks.cards import Card, card_at, file_digest
from hand_recon_ros.networks.imports import NAME, model_folder
from hand_recon_ros.networks.published import (
    Published,
    fill_own,
    own_tensors,
    published_layout,
    recognised,
    whole_state,
)
from hand_recon_ros.networks.registry import NetworkEntry, find_network, network_names
from hand_recon_ros.networks.weights import expect_tensors, read_weights

MAX_BYTES = 4 * 2**30
USUAL_WRAPPERS = ("state_dict", "model_state_dict", "network", "model")
FORBIDDEN = re.compile(r"GLOBAL (\S+)")


class Placeholder:
    """Stands for a NumPy object in a checkpoint: it takes any state and keeps none."""

    def __init__(self, *ignored: object) -> None:
        pass

    def __setstate__(self, state: object) -> None:
        pass


PLACEHOLDERS: list[Any] = [
    (Placeholder, f"numpy.{name}")
    for name in (
        "dtype",
        "ndarray",
        *(f"{core}.multiarray.{name}" for core in ("core", "_core") for name in ("scalar", "_reconstruct")),
    )
]


def import_checkpoint(
    name: str,
    file: Path | str,
    out_dir: Path | str | None = None,
    mesh_files: Path | str | None = None,
    own_name: str | None = None,
) -> Path:
    """Check a published checkpoint of a network and keep its weights as NAME.safetensors, with a card NAME.yaml.

    An earlier import of the same name is replaced; an error leaves it as it was.

    Args:
        name: a network of the registry that has published checkpoints.
        file: as its authors published it.
        out_dir: where to write, by default model_folder().
        mesh_files: for networks whose weights belong to one mesh, what their authors publish of it beside them; weights
            that were trained with this package hold it themselves.
        own_name: a name to keep the weights under, beside others of the same network; by default the network's.

    Returns:
        Path of the safetensors file.

    Raises:
        ValueError: an unknown network, a name that is taken, or a file that is no checkpoint; nothing is written.
        OSError: a file cannot be read or written.
    """
    entry, kept_name = find_network(name), _free_name(own_name or name, name)
    tensors = read_checkpoint(entry, Path(file), None if mesh_files is None else Path(mesh_files))
    folder = model_folder() if out_dir is None else Path(out_dir)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{kept_name}.safetensors"
    with written_whole(path) as weights, written_whole(path.with_suffix(".yaml")) as card:
        save_file(tensors, weights)
        card.write_text(yaml.safe_dump(asdict(_card(entry, Path(file), weights)), sort_keys=False), encoding="utf-8")
    return path


def _free_name(wanted: str, network: str) -> str:
    """A name for weights of a network, which must be no other network's."""
    taken = wanted != network and wanted in network_names()
    if taken or not NAME.fullmatch(wanted):
        raise ValueError(
            f"expected a name of small letters, digits and underscores that no network has, got {wanted!r}; "
            "choose another"
        )
    return wanted


def load_imported(network: nn.Module, path: Path) -> None:
    """Fill a network from a file that import_checkpoint wrote.

    Raises:
        ValueError: the file is damaged, has no card that fits, or holds another network's tensors.
        OSError: it cannot be read.
    """
    card = card_at(path.with_suffix(".yaml"))
    fill_own(network, read_weights(path, card.sha256, card.bytes))


def read_checkpoint(entry: NetworkEntry, file: Path, mesh_files: Path | None = None) -> dict[str, Tensor]:
    """The checked weights of a published checkpoint, and what follows from mesh files, under the network's own keys.

    Raises:
        ValueError: no checkpoint, a damaged or dangerous one, or one of another network.
        OSError: it cannot be read.
    """
    network = _without_memory(entry)
    layout = published_layout(network)
    state = _state_dict(_unpickled(file), layout, file)
    tensors = own_tensors(layout, state)
    if layout.complete and any(key.startswith(layout.optional) for key in tensors):
        network = _without_memory(entry, layout.complete)
    try:
        expect_tensors(network, whole_state(network, tensors))
    except ValueError as error:
        other = recognised(network, tensors)
        but = f" but {other}" if other else ""
        raise ValueError(f"{file} holds no checkpoint of {entry.name}{but}: {error}") from error
    weights = {key: _plain(tensor, key, file) for key, tensor in tensors.items()}
    own_mesh = [key for key in weights if layout.from_mesh and key.endswith(layout.from_mesh)]
    if not own_mesh:
        return weights | _mesh_tensors(entry, layout, mesh_files)
    for key in own_mesh:
        _expect_places(weights[key], key, file)
    return weights


def _expect_places(table: Tensor, key: str, file: Path) -> None:
    """Check that a table of places in itself leaves nothing: engines read where it points."""
    if not table.is_floating_point() and (table.min() < 0 or table.max() >= table.numel()):
        raise ValueError(f"expected places below {table.numel()} in {key} of {file}, got others; use another file")


def _mesh_tensors(entry: NetworkEntry, layout: Published, mesh_files: Path | None) -> dict[str, Tensor]:
    """Buffers that follow from the published mesh files: on another mesh, the weights would mean nothing."""
    if (mesh_files is None) != (not layout.mesh_files):
        raise ValueError(
            f"expected {layout.mesh_files or 'no mesh files'} with the weights of {entry.name}, "
            f"got {mesh_files or 'none'}; name what its authors publish beside them"
        )
    if mesh_files is None:
        return {}
    with torch.device("meta"):
        built = pkgutil.resolve_name(entry.factory)(load_free_hand(), mesh_files=mesh_files).state_dict()
    return {key: tensor for key, tensor in built.items() if key.endswith(layout.from_mesh)}


def _without_memory(entry: NetworkEntry, factory: str | None = None) -> nn.Module:
    """A network whose tensors have shapes and no values; they do not depend on the hand model."""
    build = pkgutil.resolve_name(factory or entry.factory)
    with torch.device("meta"):
        return build(load_free_hand()) if entry.poses_model else build()


def _unpickled(file: Path) -> Any:
    """What a checkpoint holds, read without running anything it names."""
    zipped = zipfile.is_zipfile(file)
    size = _unpacked_size(file) if zipped else file.stat().st_size
    if size > MAX_BYTES:
        raise ValueError(f"expected a checkpoint of at most {MAX_BYTES // 2**30} GiB, but {file} holds {size} bytes")
    try:
        with torch.serialization.safe_globals(PLACEHOLDERS):
            # Mapped, the optimiser's state, twice the weights, is never read.
            return torch.load(file, map_location="cpu", weights_only=True, mmap=zipped)
    except Exception as error:  # a foreign file can break the unpickler in any way
        named = FORBIDDEN.search(str(error))
        why = f"it names {named[1]}, which no weights need" if named else "it is damaged or of another format"
        raise ValueError(f"expected a PyTorch checkpoint in {file}, but {why}; download it again") from error


def _unpacked_size(file: Path) -> int:
    """Bytes that an archive's entries have, which need not be the file's size."""
    with zipfile.ZipFile(file) as archive:
        return sum(entry.file_size for entry in archive.infolist())


def _state_dict(content: Any, layout: Published, file: Path) -> dict[str, Tensor]:
    """The tensors by key, wherever the training script put them."""
    for wrapper in (layout.wrapper, *USUAL_WRAPPERS):
        if isinstance(content, Mapping) and isinstance(content.get(wrapper), Mapping):
            content = content[wrapper]
            break
    found = content.items() if isinstance(content, Mapping) else ()
    tensors = {key: value for key, value in found if isinstance(key, str) and isinstance(value, Tensor)}
    if not tensors:
        raise ValueError(f"expected a state dict in {file}, got none; use another file")
    return tensors


def _plain(tensor: Tensor, key: str, file: Path) -> Tensor:
    """The values of one tensor, which must be finite numbers."""
    if tensor.layout != torch.strided or tensor.device.type != "cpu" or tensor.is_quantized or tensor.is_complex():
        raise ValueError(f"expected plain numbers in {key} of {file}, got {tensor.type()}; use another file")
    if not torch.isfinite(tensor).all():
        raise ValueError(f"expected finite numbers in {key} of {file}, got NaN or infinity; use another file")
    return tensor.detach().clone(memory_format=torch.contiguous_format)


def _card(entry: NetworkEntry, file: Path, weights: Path) -> Card:
    return Card(
        name=entry.name,
        sha256=file_digest(weights),
        bytes=weights.stat().st_size,
        licence=entry.licence,
        origin={"file": file.name, "bytes": file.stat().st_size, "sha256": file_digest(file)},
        how_made=f"imported by hand_recon_ros {version('hand_recon_ros')}",
        measured={},
    )
