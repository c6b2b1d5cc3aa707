"""Mixed precision keeps out of geometry: in bfloat16 the length of a hand comes in steps of half a millimetre."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import torch
from torch import Tensor, nn

from hand_recon_ros.hand_model.layer import HandLayer
from hand_recon_ros.networks.handoccnet import ManoHead
from hand_recon_ros.networks.mano_head import ManoLayer
from hand_recon_ros.networks.mesh_joints import MeshJoints

GEOMETRY = (HandLayer, ManoHead, ManoLayer, MeshJoints)


def keep_geometry_exact(network: nn.Module) -> None:
    """Let the modules of a network that pose hands and regress joints compute in float32, whatever the rest does."""
    for module in network.modules():
        if isinstance(module, GEOMETRY):
            module.forward = exactly(module.forward)  # type: ignore[method-assign]


def exactly(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function of tensors in float32 outside of any mixed precision."""

    @wraps(function)
    def run(*inputs: Tensor | None) -> Any:
        device = next(tensor.device.type for tensor in inputs if tensor is not None)
        with torch.autocast(device, enabled=False):
            return function(*(tensor.float() if tensor is not None else None for tensor in inputs))

    return run
