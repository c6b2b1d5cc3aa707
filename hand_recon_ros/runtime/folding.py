"""Weights of a network that only runs, rearranged so that less is left to compute: not to be trained or saved then."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, runtime_checkable

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_weights


@runtime_checkable
class Foldable(Protocol):
    """A layer that can rearrange its weights."""

    def fold(self) -> None:
        """Do so; the layer gives the same as before."""


def fold(network: nn.Module, images: Tensor) -> None:
    """Fold batch normalisations, as fold_batch_norms, and every layer that has a method `fold` of its own, in place."""
    fold_batch_norms(network, images)
    for module in network.modules():
        if isinstance(module, Foldable):
            module.fold()


def fold_batch_norms(network: nn.Module, images: Tensor) -> None:
    """Fold every batch normalisation that directly follows a convolution, in place, in a network in evaluation mode.

    Which ones do is seen in a run on images: no layout of a network tells it in general.
    """
    for convolution, name in _pairs(network, images):
        norm = network.get_submodule(name)
        assert isinstance(norm, nn.BatchNorm2d) and norm.running_mean is not None and norm.running_var is not None
        convolution.weight, convolution.bias = fuse_conv_bn_weights(
            convolution.weight,
            convolution.bias,
            norm.running_mean,
            norm.running_var,
            norm.eps,
            norm.weight,
            norm.bias,
        )
        network.set_submodule(name, nn.Identity())


def _pairs(network: nn.Module, images: Tensor) -> list[tuple[nn.Conv2d, str]]:
    """Convolutions with the name of the normalisation that takes their output as it is."""
    made: dict[int, tuple[nn.Conv2d, Tensor]] = {}
    pairs: list[tuple[nn.Conv2d, str]] = []

    def remember(module: nn.Conv2d, inputs: Any, output: Tensor) -> None:
        made[id(output)] = module, output  # the tensor too, so that no other gets its id

    def compare(name: str) -> Callable[[nn.Module, tuple[Tensor]], None]:
        return lambda module, inputs: pairs.extend((made[k][0], name) for k in [id(inputs[0])] if k in made)

    hooks = [
        module.register_forward_hook(remember)
        if isinstance(module, nn.Conv2d)
        else module.register_forward_pre_hook(compare(name))
        for name, module in network.named_modules()
        if isinstance(module, (nn.Conv2d, nn.BatchNorm2d))
    ]
    with torch.no_grad():
        network(images)
    for hook in hooks:
        hook.remove()
    return pairs
