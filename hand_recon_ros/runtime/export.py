"""Export a network to ONNX: `python -m hand_recon_ros.runtime.export BUILD ENGINE FILE`.

A module to run by itself, so that the process that wants the file never imports torch.
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from torch import Tensor, nn

from hand_recon_ros.networks import find_network
from hand_recon_ros.runtime.build import Build, built, read_build
from hand_recon_ros.runtime.folding import fold


class SplitPReLU(nn.Module):
    """PReLU as slope * x + (1 - slope) * relu(x).

    ONNX Runtime computes PRelu one number at a time, which takes half of the palm detector's time; these it vectorises.
    """

    slopes: Tensor

    def __init__(self, slopes: Tensor) -> None:
        super().__init__()
        self.register_buffer("slopes", slopes.reshape(-1, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        """Map x (B, C, H, W)."""
        return self.slopes * x + (1 - self.slopes) * torch.relu(x)


def split_prelu(network: nn.Module) -> None:
    """Replace every PReLU of a network."""
    for name, module in list(network.named_modules()):
        if isinstance(module, nn.PReLU):
            network.set_submodule(name, SplitPReLU(module.weight.detach()))


def export_onnx(build: Build, engine: str, path: Path) -> None:
    """Write a network with a free batch size: input "images" (B, H, W, 3) uint8.

    Weights beyond what one ONNX file can hold go into a second file beside it.
    """
    network, side = built(build).requires_grad_(False), find_network(build.name).input_size
    images = torch.zeros(2, side, side, 3, dtype=torch.uint8)
    fold(network, images[:1])
    if engine == "onnxruntime":
        split_prelu(network)
    write_onnx(network, images, path)


def write_onnx(network: nn.Module, images: Tensor, path: Path) -> None:
    """Write a network that takes images like these (B, H, W, 3), B at least 2, with a free batch size."""
    program = torch.onnx.export(
        network,
        (images,),
        input_names=["images"],
        dynamic_shapes=({0: torch.export.Dim("batch")},),
        dynamo=True,
        verbose=False,
    )
    assert program is not None
    program.save(path)


if __name__ == "__main__":
    export_onnx(read_build(Path(sys.argv[1])), sys.argv[2], Path(sys.argv[3]))
