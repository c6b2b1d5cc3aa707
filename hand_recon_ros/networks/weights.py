"""Weights from safetensors files into networks, with checks that name what is wrong."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from hand_recon_ros.networks.cards import expect_intact


def read_weights(path: Path, sha256: str, size: int) -> dict[str, Tensor]:
    """Tensors of a safetensors file that must have this checksum and size in bytes.

    Raises:
        ValueError: the file is truncated, changed, or no safetensors file.
    """
    try:
        expect_intact(path, sha256, size)
        return load_file(path)
    except SafetensorError as error:
        raise ValueError(f"expected {path} to be a safetensors file: {error}; make it again") from error


def fill_network(network: nn.Module, tensors: dict[str, Tensor]) -> None:
    """Copy tensors into the parameters and buffers of the same names, converted to the network's precision.

    Raises:
        ValueError: tensors are missing, too many, or of another shape; the sentence names them.
    """
    expect_tensors(network, tensors)
    with torch.no_grad():
        network.load_state_dict(tensors)


def expect_tensors(network: nn.Module, tensors: dict[str, Tensor]) -> None:
    """Check that tensors have the names and shapes of a network's parameters and buffers.

    Raises:
        ValueError: tensors are missing, too many, or of another shape; the sentence names them.
    """
    wanted = {name: tuple(t.shape) for name, t in network.state_dict().items()}
    given = {name: tuple(t.shape) for name, t in tensors.items()}
    differing = [name for name in sorted(wanted.keys() & given.keys()) if given[name] != wanted[name]]
    problems = [
        *(f"missing {name}" for name in sorted(wanted.keys() - given.keys())),
        *(f"unexpected {name}" for name in sorted(given.keys() - wanted.keys())),
        *(f"{name} {given[name]} instead of {wanted[name]}" for name in differing),
    ]
    if problems:
        listed = "; ".join(problems[:5]) + (f"; {len(problems) - 5} more" if len(problems) > 5 else "")
        raise ValueError(
            f"expected the {len(wanted)} tensors of {type(network).__name__}, got {len(given)}: {listed}; "
            "use weights made for this network"
        )
