"""Batch normalisations that become part of convolutions: the same answers, and only where nothing lies between."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from hand_recon_ros.hand_model import load_free_hand
from hand_recon_ros.networks import find_network, untrained_network
from hand_recon_ros.networks.handoccnet import PooledConv2d
from hand_recon_ros.runtime.folding import fold, fold_batch_norms


def norms(network: nn.Module) -> int:
    return sum(isinstance(module, nn.BatchNorm2d) for module in network.modules())


def used(norm: nn.BatchNorm2d) -> nn.BatchNorm2d:
    """A normalisation as after some training."""
    torch.manual_seed(0)
    for tensor in (norm.weight, norm.bias, norm.running_mean, norm.running_var):
        nn.init.uniform_(tensor, 0.5, 1.5)
    return norm


class Shared(nn.Module):
    """One normalisation after a convolution, one after a sum, one before."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.pooled = nn.Conv2d(3, 8, 3), PooledConv2d(8)
        self.after, self.pooled_after = used(nn.BatchNorm2d(8)), used(nn.BatchNorm2d(8))
        self.of_sum, self.of_input = used(nn.BatchNorm2d(8)), used(nn.BatchNorm2d(3))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = torch.relu(self.after(self.first(self.of_input(x))))
        return self.of_sum(self.pooled_after(self.pooled(y)) + 1)


def test_only_normalisations_right_behind_a_convolution_are_folded():
    network, images = Shared().eval(), torch.randn(2, 3, 18, 18)
    with torch.inference_mode():
        expected = network(images)
    fold_batch_norms(network, images[:1])
    assert norms(network) == 2
    with torch.inference_mode():
        torch.testing.assert_close(network(images), expected)
    assert not network.first._forward_hooks


@pytest.mark.parametrize(
    ("name", "left"),
    [
        ("handoccnet", 22),
        ("eaa_interhand", 0),
        ("eaa_interhand_release", 3),
        ("smhr_single", 0),
        ("palm_detector", 0),
        ("youtubehand_resnet18", 0),
    ],
)
def test_folding_changes_nothing_but_the_layers(name, left):
    """HandOccNet normalises before convolutions too; the released EAA holds layers for training only."""
    entry = find_network(name)
    network = untrained_network(name, load_free_hand() if entry.poses_model else None)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            used(module)
    images = torch.randint(0, 256, (1, entry.input_size, entry.input_size, 3), dtype=torch.uint8)
    with torch.inference_mode():
        expected = network(images)
    fold(network, images)
    assert norms(network) == left
    with torch.inference_mode():
        for ours, theirs in zip(network(images), expected, strict=True):
            spread = float(theirs.max() - theirs.min())
            torch.testing.assert_close(ours, theirs, rtol=0, atol=max(1e-4 * spread, 1e-6))
