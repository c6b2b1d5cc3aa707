"""From a training run's checkpoint to weights with a card, which the node loads by name."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
import yaml
from safetensors.torch import save_file
from torch import Tensor

from hand_recon_ros.atomic import written_whole
from hand_recon_ros.networks import network_names
from hand_recon_ros.networks.cards import Card, file_digest
from hand_recon_ros.networks.imports import NAME
from hand_recon_ros.networks.registry import find_network
from hand_recon_train.evaluation.scores import load_scores

NETWORK = "network."


def export_checkpoint(checkpoint: Path, out: Path, scores: Path | None = None) -> Path:
    """Write weights and card of a checkpoint.

    Args:
        checkpoint: that `fit` wrote.
        out: folder and name; the files get their own endings.
        scores: of an evaluation, whose figures go on the card beside those of the run.

    Returns:
        Path of the safetensors file.

    Raises:
        ValueError: no checkpoint of `fit`, or a name that no weights can have.
        OSError: a file cannot be read or written.
    """
    content = _read(checkpoint)
    about = content["hand_recon"]
    network = str(about["network"])
    if not NAME.fullmatch(out.name) or (out.name != network and out.name in network_names()):
        raise ValueError(
            f"expected a name of small letters, digits and underscores that no other network has, got {out.name!r}"
        )
    measured = dict(about["measured"]) | (load_scores(scores).figures if scores else {})
    path = out.with_name(f"{out.name}.safetensors")
    path.parent.mkdir(parents=True, exist_ok=True)
    with written_whole(path) as weights, written_whole(path.with_suffix(".yaml")) as card:
        save_file({name: tensor.contiguous().clone() for name, tensor in _weights(content).items()}, weights)
        card.write_text(yaml.safe_dump(asdict(_card(about, checkpoint, weights, measured)), sort_keys=False), "utf-8")
    return path


def _read(checkpoint: Path) -> Mapping[str, Any]:
    try:
        content = torch.load(checkpoint, map_location="cpu", weights_only=True)
    except (UnpicklingError, RuntimeError, EOFError, ValueError) as error:
        raise ValueError(f"expected a checkpoint of `fit` in {checkpoint}, it cannot be read: {error}") from error
    if not isinstance(content, dict) or not {"hand_recon", "state_dict", "callbacks"} <= content.keys():
        raise ValueError(f"expected a checkpoint of `fit` in {checkpoint}, got another file; import published ones")
    return content


def _weights(content: Mapping[str, Any]) -> dict[str, Tensor]:
    """The average of the weights where the run kept one, else the weights."""
    for state in content["callbacks"].values():
        if isinstance(state, dict) and state.get("average"):
            return dict(state["average"])
    state_dict = content["state_dict"]
    return {name.removeprefix(NETWORK): value for name, value in state_dict.items() if name.startswith(NETWORK)}


def _card(about: Mapping[str, Any], checkpoint: Path, weights: Path, measured: Mapping[str, float]) -> Card:
    return Card(
        name=str(about["network"]),
        sha256=file_digest(weights),
        bytes=weights.stat().st_size,
        licence="that of the data and hand model it was trained with"
        if about["mano"]
        else find_network(about["network"]).licence,
        origin={
            "checkpoint": checkpoint.name,
            "data": about["data"],
            "hand_model": "MANO" if about["mano"] else "free hand",
        },
        how_made=f"trained with hand_recon_train {version('hand_recon_ros')}, {_commit()}",
        measured={name: round(float(value), 4) for name, value in measured.items() if value == value},
    )


def _commit() -> str:
    """The commit of the code, where it is run from a clone."""
    command = ["git", "-C", str(Path(__file__).parent), "rev-parse", "--short", "HEAD"]
    try:
        found = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return "no commit known"
    return f"commit {found}"
