from __future__ import annotations

import hashlib

import pytest
import torch
from safetensors.torch import save
from torch import nn

from hand_recon_ros.networks.weights import fill_network, read_weights


@pytest.fixture
def packed(tmp_path):
    """A file of weights for nn.Linear(3, 2), with its checksum and size."""
    content = save({"weight": torch.arange(6.0).reshape(2, 3).half(), "bias": torch.ones(2).half()})
    path = tmp_path / "linear.safetensors"
    path.write_bytes(content)
    return path, hashlib.sha256(content).hexdigest(), len(content)


def test_half_precision_weights_fill_a_float32_network_exactly(packed):
    network = nn.Linear(3, 2)
    fill_network(network, read_weights(*packed))
    assert network.weight.dtype == torch.float32
    assert network.weight.tolist() == [[0, 1, 2], [3, 4, 5]]
    assert network.bias.tolist() == [1, 1]


def test_a_truncated_file_is_named_with_both_sizes(packed):
    path, sha256, size = packed
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(ValueError, match=rf"expected {size} bytes in .*linear.safetensors, got {size - 5}"):
        read_weights(path, sha256, size)


def test_a_changed_file_is_named_with_both_checksums(packed):
    path, sha256, size = packed
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(ValueError, match=rf"sha256 {sha256}, got {hashlib.sha256(content).hexdigest()}; the file was"):
        read_weights(path, sha256, size)


def test_a_file_of_another_format_is_refused(tmp_path):
    path = tmp_path / "text.safetensors"
    path.write_bytes(b"not tensors at all")
    with pytest.raises(ValueError, match="to be a safetensors file"):
        read_weights(path, hashlib.sha256(path.read_bytes()).hexdigest(), 18)


def test_weights_of_another_network_are_named():
    given = {"weight": torch.zeros(2, 4), "scale": torch.zeros(1)}
    with pytest.raises(ValueError, match=r"missing bias; unexpected scale; weight \(2, 4\) instead of \(2, 3\)"):
        fill_network(nn.Linear(3, 2), given)


def test_many_problems_are_counted_not_listed():
    with pytest.raises(ValueError, match="unexpected e; 3 more"):
        fill_network(nn.Identity(), {name: torch.zeros(1) for name in "abcdefgh"})
