"""The maps of the landmark network's trunk, which a head learns from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy.typing as npt
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from hand_recon_ros.networks.hand_sight import COMPONENTS, FINE_CHANNELS, HandSight
from hand_recon_ros.paths import shared_file
from hand_recon_ros.runtime.backends import Run, load_openvino
from hand_recon_ros.runtime.export import write_onnx

Array = npt.NDArray[Any]

LANDMARKER = "hand_landmark_full.safetensors"
AT_ONCE = 16


def blind_network() -> HandSight:
    """The network with the shipped landmark network's weights and a head that knows nothing."""
    network = HandSight().requires_grad_(False).eval()
    weights = load_file(shared_file("models", LANDMARKER))
    network.landmarker.load_state_dict({name: value.float() for name, value in weights.items()})
    return network


@torch.inference_mode()
def fit_components(network: HandSight, crops: Array) -> None:
    """Set the components by the finer maps of some crops, in units of the strongest one's spread."""
    parts = [network.maps(torch.from_numpy(crops[k : k + AT_ONCE]))[0] for k in range(0, len(crops), AT_ONCE)]
    rows = torch.cat(parts).movedim(1, -1).reshape(-1, FINE_CHANNELS).double()
    middle = rows.mean(0)
    values, vectors = torch.linalg.eigh((rows - middle).T @ (rows - middle) / len(rows))
    weight = (vectors[:, -COMPONENTS:].T.flip(0) / values[-1].sqrt()).float()
    network.reduce.load_state_dict({"weight": weight[:, :, None, None], "bias": -weight @ middle.float()})


class Maps(nn.Module):
    """The outputs of the landmark network, then the coarser map and the components of the finer one."""

    def __init__(self, network: HandSight) -> None:
        super().__init__()
        self.network = network

    def forward(self, crops: Tensor) -> tuple[Tensor, ...]:
        """Of crops (B, 224, 224, 3); see SightHead for the maps."""
        fine, coarse, pooled = self.network.maps(crops)
        return *self.network.landmarker.read(pooled), coarse, self.network.reduce(fine)


def compiled(network: HandSight, path: Path) -> Run:
    """What gives the maps on one core; the exported network is left at path."""
    write_onnx(Maps(network), torch.zeros(2, 224, 224, 3, dtype=torch.uint8), path)
    return load_openvino(path, threads=1)
