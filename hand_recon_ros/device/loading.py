"""From a recipe to the parts of a pipeline that works on the device."""

from __future__ import annotations

import torch
from torch import nn

from hand_recon_ros.device.articulation import point_tables
from hand_recon_ros.device.layout import hands_layout
from hand_recon_ros.device.lifting import lifter_layers
from hand_recon_ros.device.meshes import mesh_tables
from hand_recon_ros.device.networks import DeviceNetworks
from hand_recon_ros.device.rays import KEYS
from hand_recon_ros.device.reconstructor import DeviceFit
from hand_recon_ros.device.stages import Parts
from hand_recon_ros.device.work import Work
from hand_recon_ros.hand_model import HandModel, load_free_hand
from hand_recon_ros.networks.registry import find_network
from hand_recon_ros.pipeline.articulation import Articulation
from hand_recon_ros.pipeline.finding import HandFinder
from hand_recon_ros.pipeline.lifting import load_lifter
from hand_recon_ros.pipeline.recipes import Recipe, load_articulation
from hand_recon_ros.pipeline.settings import Settings
from hand_recon_ros.runtime.build import Build, built
from hand_recon_ros.runtime.folding import fold

PRECISIONS = ("float32", "float16")
"""What networks can compute in; all geometry stays float32. In bfloat16 landmarks move by pixels."""


def load_on_device(
    recipe: Recipe, settings: Settings, device: str = "cuda", precision: str = "float32"
) -> tuple[HandFinder, DeviceFit]:
    """The finder and the reconstructor of a recipe with a lifter, ready to run; "cpu" is for tests.

    Raises:
        ValueError: an unknown precision, or damaged files.
        OSError: files are missing.
        RuntimeError: CUDA does not work; the sentence says what to do.
    """
    if precision not in PRECISIONS:
        raise ValueError(f"expected a precision out of {', '.join(PRECISIONS)}, got {precision!r}")
    on = checked_device(device)
    hand = load_free_hand()
    points = load_articulation(hand, recipe)
    try:
        work = Work(load_parts(recipe, hand, points, on, precision), on)
        work.prepare(2 * settings.max_hands)
    except RuntimeError as error:  # CUDA's errors go on for many lines
        raise RuntimeError(f"CUDA failed while loading: {str(error).splitlines()[0]}; use device cpu") from error
    return HandFinder(DeviceNetworks(work), settings), DeviceFit(work, hand, points, settings.smoothing)


def checked_device(device: str) -> torch.device:
    """The device of a name.

    Raises:
        RuntimeError: it is CUDA, and this build of PyTorch cannot use it.
    """
    if device == "cuda" and not torch.cuda.is_available():
        raise RuntimeError(
            f"the driver offers a CUDA device, but PyTorch {torch.__version__} cannot use it; "
            "install a CUDA build of PyTorch that fits the driver, or use device cpu"
        )
    return torch.device(device)


def load_parts(recipe: Recipe, hand: HandModel, points: Articulation, device: torch.device, precision: str) -> Parts:
    """What the stages compute with, on a device; errors as those of load_on_device."""
    if recipe.lifter is None:
        raise ValueError(f"expected a model with a lifter, got {recipe.name}; use its engines")
    detector, landmarker = (_network(name, device, precision) for name in recipe.networks)
    lifter, tables = load_lifter(recipe.lifter), point_tables(points, device)
    side = find_network(recipe.landmarker).input_size
    with torch.inference_mode():
        found = landmarker(torch.zeros((1, side, side, 3), device=device))
    return Parts(
        detector,
        landmarker,
        lifter_layers(lifter, device),
        tables,
        mesh_tables(hand, points, device),
        torch.tensor(KEYS, device=device),
        hands_layout(len(hand.template), len(points.free), found[4].shape[-1] if len(found) > 4 else 0),
    )


def _network(name: str, device: torch.device, precision: str) -> nn.Module:
    network, side = built(Build(name)).requires_grad_(False), find_network(name).input_size
    fold(network, torch.zeros(1, side, side, 3, dtype=torch.uint8))
    return network.to(device, getattr(torch, precision)).to(memory_format=torch.channels_last)
