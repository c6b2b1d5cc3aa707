"""Export a network to ONNX: `python -m hand_recon_ros.runtime.export NAME FILE`.

A module to run by itself, so that the process that wants the file never imports torch.
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch

from hand_recon_ros.networks import create_network, find_network


def export_onnx(name: str, path: Path) -> None:
    """Write a network of the registry with a free batch size: input "images" (B, H, W, 3) uint8."""
    side = find_network(name).input_size
    example = torch.zeros(2, side, side, 3, dtype=torch.uint8)
    program = torch.onnx.export(
        create_network(name),
        (example,),
        dynamo=True,
        dynamic_shapes=({0: torch.export.Dim("batch")},),
        input_names=["images"],
        verbose=False,
    )
    assert program is not None
    program.save(path)


if __name__ == "__main__":
    export_onnx(sys.argv[1], Path(sys.argv[2]))
