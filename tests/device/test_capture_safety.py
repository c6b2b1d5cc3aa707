"""The stages run on fake CUDA tensors, without a GPU: nothing leaves the device, waits for it or depends on its values.

A CUDA graph replays what was queued, and nothing else. What cannot be captured shows in the operations themselves:
one that reads a value or makes a size of it fails on fake tensors, one that mixes devices or copies between them is
seen by the mode below.
"""

import pytest
import torch
from torch._subclasses.fake_tensor import DataDependentOutputException, DynamicOutputShapeException, FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from hand_recon_ros.device import stages
from hand_recon_ros.device.graphs import BUCKETS
from hand_recon_ros.device.layout import ASKED, SAMPLED, width_of
from hand_recon_ros.device.loading import load_parts
from hand_recon_ros.device.pictures import fill_levels, levels_of
from hand_recon_ros.device.rays import CAMERAS, SIDE
from hand_recon_ros.hand_model import load_free_hand
from hand_recon_ros.pipeline.recipes import find_recipe, load_articulation

REFUSALS = (AssertionError, DataDependentOutputException, DynamicOutputShapeException)
CUDA = torch.device("cuda")


class OnTheDeviceOnly(TorchDispatchMode):
    """Fails on an operation that takes or gives a tensor that is not on CUDA, or that checks a result on the host."""

    def __init__(self):
        super().__init__()
        self.operations = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        result = func(*args, **(kwargs or {}))
        tensors = [leaf for leaf in tree_leaves((args, kwargs, result)) if isinstance(leaf, torch.Tensor)]
        elsewhere = {tensor.device.type for tensor in tensors} - {"cuda"}
        assert not elsewhere, f"{func} works with tensors on {elsewhere}"
        assert "check_errors" not in str(func), f"{func} waits for the device"
        self.operations += 1
        return result


def on_cuda(value):
    """A nest of dataclasses, tuples and networks with fake CUDA tensors in the place of all tensors."""
    if isinstance(value, torch.Tensor):
        return torch.empty_strided(value.shape, value.stride(), dtype=value.dtype, device=CUDA)
    if isinstance(value, torch.nn.Module):
        for module in value.modules():
            for name, weights in module.named_parameters(recurse=False):
                setattr(module, name, torch.nn.Parameter(on_cuda(weights), requires_grad=False))
        return value
    if hasattr(value, "__dataclass_fields__"):
        return type(value)(**{name: on_cuda(getattr(value, name)) for name in value.__dataclass_fields__})
    return tuple(map(on_cuda, value)) if isinstance(value, tuple) else value


def rows(layout, size):
    return torch.empty((size, width_of(layout)), device=CUDA)


def shipped(name):
    """The parts of a model with a lifter."""
    recipe, hand = find_recipe(name), load_free_hand()
    return load_parts(recipe, hand, load_articulation(hand, recipe), torch.device("cpu"), "float32")


@pytest.mark.parametrize("size", [BUCKETS[0], BUCKETS[-1]])
@pytest.mark.parametrize("name", ["lifted_full", "sighted_full"])
def test_every_stage_stays_on_the_device(name, size):
    real = shipped(name)
    with FakeTensorMode(), torch.no_grad():
        parts, maps = on_cuda(real), torch.empty((1 + CAMERAS, SIDE, SIDE, 2), device=CUDA)
        pixels = torch.empty((2**20, 3), dtype=torch.uint8, device=CUDA)
        boxes, detected = rows(SAMPLED, size), rows(stages.DETECTED, size)
        asked, hands = rows(ASKED, size), rows(parts.layout, size)
        with OnTheDeviceOnly() as seen:
            fill_levels(pixels, levels_of((480, 640), 1000))
            stages.detect(parts, pixels, boxes, detected)
            stages.look(parts, pixels, asked, hands)
            stages.fit(parts, maps, asked, hands)
            stages.go_on(parts, hands)
            stages.mesh(parts, hands)
        assert seen.operations > 1000


@pytest.mark.parametrize(
    "unsafe",
    [
        lambda x: x.sum().item(),
        lambda x: x[x > 0],
        lambda x: x.nonzero(),
        lambda x: x[:, [0, 1]],
        lambda x: x.cpu(),
        lambda x: x + torch.tensor([1.0, 2.0]).to(CUDA),
        lambda x: bool((x > 0).any()),
        lambda x: torch.linalg.solve(x, x),
    ],
)
def test_the_check_notices_what_cannot_be_captured(unsafe):
    with FakeTensorMode():
        x = torch.empty((2, 2), device=CUDA)
        with (
            pytest.raises(REFUSALS),
            OnTheDeviceOnly(),
        ):
            unsafe(x)
