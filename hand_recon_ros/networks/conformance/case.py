"""A conformance case: a network with seeded weights, seeded inputs, and the answers of its published implementation.

A folder holds `case.json` (what to do), a manifest of the published state dict, `expected.npz` (the answers) and
perhaps `assets.npz` (stand-ins for mesh files). None of its values is ever run: slices are parsed, arrays are plain.
"""

from __future__ import annotations

import json
import math
import re
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from hand_recon_ros.hand_model import HandModel
from hand_recon_ros.networks.conformance.seeding import seeded_array, seeded_image, synthetic_hand
from hand_recon_ros.networks.published import fill_published, published_layout
from hand_recon_ros.types import Side

Array = npt.NDArray[Any]
MAX_VALUES = 2**30
"""Numbers that the tensors of one manifest may hold together; the largest network known has 0.65e9."""
SLICE = re.compile(r"\[[:,\d\s]*\]")


@dataclass(frozen=True)
class Case:
    """A case that was read; its methods make what a network needs to run it.

    Attributes:
        folder: where it lies.
        content: case.json.
    """

    folder: Path
    content: dict[str, Any]

    @property
    def network(self) -> str:
        """Name of the network the case is about."""
        return str(self.content["network"])

    def manifest(self, name: str | None = None) -> dict[str, tuple[list[int], str]]:
        """Shape and type of every tensor of the published state dict, or of what another file of the case lists."""
        listed = _json(self.folder, name or self.content["manifest"])
        if sum(math.prod(shape) for shape, _ in listed.values()) > MAX_VALUES:
            raise ValueError(f"expected a manifest of at most {MAX_VALUES} numbers in {self.folder}; it lists more")
        return listed

    def weights(self, keys: Iterable[str] | None = None) -> dict[str, Tensor]:
        """The seeded state dict with the keys of a published checkpoint, all or only some of them."""
        listed, scale = self.manifest(), self.content["weights"].get("scale", {})
        sources = {key: self._source(key) for key in (listed if keys is None else keys)}
        return seeded_tensors({key: (source, *listed[source]) for key, source in sources.items()}, scale)

    def _source(self, key: str) -> str:
        """The key that gives a tensor its value: another one where two share a tensor."""
        for alias, source in self.content.get("aliases", {}).items():
            if key.startswith(alias):
                return source + key[len(alias) :]
        return key

    def fill(self, network: nn.Module) -> nn.Module:
        """The network with the case's weights, in evaluation mode."""
        layout = published_layout(network)
        fill_published(network, self.weights(key for key in self.manifest() if layout.own_key(key) is not None))
        return network.eval()

    def input(self, tensor: str) -> Tensor:
        """The input of this name (B, C, H, W), normalised where the case says so."""
        (spec,) = (entry for entry in self.content["inputs"] if entry["tensor"] == tensor)
        image = seeded_image(*(spec[field] for field in ("name", "batch", "height", "width", "channels")))
        if normal := spec.get("normalise"):
            mean, std = (np.array(normal[name], np.float32)[:, None, None] for name in ("mean", "std"))
            image = (image - mean) / std
        return torch.from_numpy(image)

    def hand(self, side: Side) -> HandModel:
        """The synthetic hand that stands for MANO."""
        return synthetic_hand(side)

    def assets(self) -> dict[str, Array]:
        """The stand-ins for files the network needs."""
        return _arrays(self.folder / self.content["assets"]) if self.content["assets"] else {}

    def expected(self) -> dict[str, Array]:
        """The published implementation's answers, and the arrays that helper checks take."""
        return _arrays(self.folder / "expected.npz")


def read_case(folder: Path | str) -> Case:
    """Read a case's description.

    Raises:
        ValueError: the folder holds no case, or one without the entries that a case has.
        OSError: a file cannot be read.
    """
    content = _json(Path(folder), "case.json")
    missing = [name for name in ("network", "manifest", "weights", "inputs", "outputs") if name not in content]
    if missing:
        raise ValueError(f"expected the entry {missing[0]} in {Path(folder) / 'case.json'}, which lacks it")
    return Case(Path(folder), {"assets": None} | content)


def seeded_tensors(sources: Mapping[str, tuple[str, list[int], str]], scale: Mapping[str, float]) -> dict[str, Tensor]:
    """Tensors by key, each seeded by the name, shape and type of its source, times the scale of that name."""
    tensors = {}
    for key, (name, shape, dtype) in sources.items():
        array = seeded_array(name, shape, dtype)
        tensors[key] = torch.from_numpy(np.asarray(array * np.float32(scale[name])) if name in scale else array)
    return tensors


def sliced(array: Array, output: dict[str, Any]) -> Array:
    """The part of an output that a case stores: its slice is an entry of its own or a part of its description."""
    if list(array.shape) == output["shape"]:
        return array
    text = output.get("slice") or output.get("what", "").rpartition("sliced ")[2]
    found = SLICE.match(text)
    if found is None:
        raise ValueError(f"expected {output['name']} of shape {output['shape']}, got {list(array.shape)}")
    parts = [part.strip().split(":") for part in found[0][1:-1].split(",")]
    return array[tuple(slice(*(int(n) if n else None for n in part)) for part in parts)]


def _json(folder: Path, name: str) -> dict[str, Any]:
    path = folder / name
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ValueError(f"expected JSON in {path}: {error}; copy the case again") from error
    if not isinstance(content, dict):
        raise ValueError(f"expected an object in {path}, got {type(content).__name__}; copy the case again")
    return content


def _arrays(path: Path) -> dict[str, Array]:
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            return dict(stored)
    except (ValueError, EOFError, zipfile.BadZipFile) as error:
        raise ValueError(f"expected arrays in {path}: {error}; copy the case again") from error
