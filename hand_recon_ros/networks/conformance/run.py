"""Runs a conformance case and measures how far each output is from the published implementation's."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from hand_recon_ros.networks.conformance.case import Array, Case, read_case, sliced

Outputs = dict[str, Tensor]

ADAPTERS = {
    "handoccnet": "hand_recon_ros.networks.conformance.handoccnet:handoccnet",
    "interacthand": "hand_recon_ros.networks.conformance.handoccnet:interacthand",
    **{
        f"youtubehand_{encoder}": "hand_recon_ros.networks.conformance.youtubehand:run_youtubehand"
        for encoder in ("resnet18", "resnet50", "hrnet")
    },
    "eaa_interhand": "hand_recon_ros.networks.conformance.eaa_interhand:eaa_interhand",
    "eaa_interhand_release": "hand_recon_ros.networks.conformance.eaa_interhand:eaa_release",
    "smhr": "hand_recon_ros.networks.conformance.smhr:run_smhr",
}
"""By a case's network: "module:function" that runs it and returns its outputs under the case's names."""

HELPER_TOLERANCE = 1e-4
HELPER_TOLERANCES = {
    **dict.fromkeys(("aux_bbox_out", "aux_kp_bbox", "aux_img2bb", "aux_bb2img"), 5e-3),
    "aux_crop_stride8": 1.0,
    "aux_fit_l1_minimum_px": 0.05,
}
"""Of helper checks for which a case states no tolerance of its own: pixels, grey levels, pixels summed over joints."""


@dataclass(frozen=True)
class StageError:
    """How far one output of a network is from the published implementation's.

    Attributes:
        error: largest absolute difference, infinite where the network did not give the output.
        tolerance: largest that the case allows.
    """

    name: str
    error: float
    tolerance: float

    @property
    def passed(self) -> bool:
        """Whether the error is within the tolerance (NaN is not)."""
        return self.error <= self.tolerance


def run_case(path: Path | str) -> list[StageError]:
    """Run a case on the CPU in float32; errors in the case's order, which is the data's way through the network.

    Outputs that a case marks optional are left out where the network does not offer them.

    Raises:
        ValueError: no case, a damaged one, or one of an unknown network.
        OSError: a file of the case cannot be read.
    """
    case = read_case(path)
    if case.network not in ADAPTERS:
        raise ValueError(f"expected a case of {', '.join(ADAPTERS)}, got one of {case.network!r} in {path}")
    adapter: Callable[[Case], Outputs] = pkgutil.resolve_name(ADAPTERS[case.network])
    with torch.inference_mode():
        actual = {name: output.numpy() for name, output in adapter(case).items()}
    expected = case.expected()
    return [
        _stage_error(output, actual.get(output["name"]), expected.get(output["name"]))
        for output in [*case.content["outputs"], *_helpers(actual, case)]
        if output["name"] in actual or not output.get("optional")
    ]


@contextmanager
def recorded(network: nn.Module, stages: Mapping[str, str]) -> Iterator[Outputs]:
    """The outputs of submodules, as they run: `stages` maps names to submodules' paths."""
    outputs: Outputs = {}

    def record(name: str) -> Callable[[nn.Module, Any, Tensor], None]:
        return lambda module, inputs, output: outputs.__setitem__(name, output)

    hooks = [network.get_submodule(path).register_forward_hook(record(name)) for name, path in stages.items()]
    try:
        yield outputs
    finally:
        for hook in hooks:
            hook.remove()


def _helpers(actual: Mapping[str, Array], case: Case) -> list[dict[str, Any]]:
    """Helper checks that the adapter offers beyond the outputs."""
    entries = case.content.get("extra", {}).get("aux", [])
    return [entry | {"atol": _helper_tolerance(entry)} for entry in entries if entry["name"] in actual]


def _helper_tolerance(entry: dict[str, Any]) -> float:
    return float(entry.get("suggested_atol", HELPER_TOLERANCES.get(entry["name"], HELPER_TOLERANCE)))


def _stage_error(output: dict[str, Any], ours: Array | None, theirs: Array | None) -> StageError:
    name = output["name"]
    if theirs is None:
        raise ValueError(f"expected {name} in expected.npz, which lacks it; copy the case again")
    # What makers of cases suggest where they state nothing.
    tolerance = float(output.get("atol", 1e-3 * theirs.std() + 1e-4 * np.abs(theirs).max(initial=0)))
    if ours is None:
        return StageError(name, float("inf"), tolerance)
    part = sliced(ours, output)
    if part.shape != theirs.shape:
        raise ValueError(f"expected {name} of shape {theirs.shape}, got {part.shape}")
    difference = np.abs(part.astype(np.float64) - theirs)
    if ignored := output.get("ignore_vertices"):
        difference[..., ignored, :] = 0
    return StageError(name, float(difference.max(initial=0)), tolerance)
