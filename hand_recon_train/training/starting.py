"""What a network begins training with: ImageNet's weights for its image encoder, and dropout."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

ENCODERS = {
    "GatedPyramid": tuple((f"layer{k}.", f"layer{k}.0.") for k in range(1, 5))
    + (("conv1.", "layer0.0."), ("bn1.", "layer0.1.")),
    "Smhr": tuple((f"layer{k}.", f"map.layer{k}.") for k in range(1, 5))
    + (("conv1.", "stem.conv1."), ("bn1.", "stem.bn1.")),
    "ResNet": (("", ""),),
}
"""For the module that holds a ResNet: leading parts of torchvision's keys, and of its own."""
LEAST = 0.9


def load_imagenet(network: nn.Module, file: Path) -> None:
    """Fill the ResNet inside of a network with a file of torchvision's (.pth or .safetensors), without its classifier.

    Raises:
        ValueError: the network holds no ResNet, or the file is of another size.
        OSError: the file cannot be read.
    """
    state = _read(file)
    for module in network.modules():
        names = ENCODERS.get(type(module).__name__)
        if names:
            _fill(module, names, state, file)
            return
    raise ValueError(f"expected a network with a ResNet, got {type(network).__name__}; leave imagenet out")


def _read(file: Path) -> dict[str, Tensor]:
    if file.suffix == ".safetensors":
        return load_file(file)
    return dict(torch.load(file, map_location="cpu", weights_only=True))


def _fill(module: nn.Module, names: tuple[tuple[str, str], ...], state: dict[str, Tensor], file: Path) -> None:
    own = module.state_dict()
    taken = {}
    for theirs, ours in names:
        for key, tensor in state.items():
            place = ours + key.removeprefix(theirs)
            if key.startswith(theirs) and place in own and own[place].shape == tensor.shape:
                taken[place] = tensor
    wanted = [key for key in own if key.startswith(tuple(ours for _, ours in names))]
    if len(taken) < LEAST * len(wanted):
        raise ValueError(
            f"expected {len(wanted)} tensors of the image encoder in {file}, {len(taken)} fit; "
            "give torchvision's weights of the same ResNet"
        )
    module.load_state_dict(taken, strict=False)


def set_dropout(network: nn.Module, share: float) -> None:
    """Set the share that a network's dropout layers drop."""
    for module in network.modules():
        if isinstance(module, nn.Dropout):
            module.p = share
