"""Looks at rendered hands, read from the shards of a folder, and what a head learns from them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from hand_recon_ros.hand_model import matrix_to_axis_angle
from hand_recon_ros.networks.hand_sight import features_of
from hand_recon_ros.pipeline.articulation import Articulation
from hand_recon_ros.pipeline.hand_state import Observation, centred
from hand_recon_ros.pipeline.lifting import Lifter, canonical, lift

Array = npt.NDArray[Any]

LEAST = 1e-6
"""Distance from 0 and 1 that a probability keeps before it becomes a logit."""
PRESENT = 0.5
"""Probability over which the pipeline takes a crop for a hand."""


@dataclass(frozen=True)
class Looks:
    """N looks at hands.

    Attributes:
        features: (N, F) of a head, half precision.
        side_logit: (N,) of the landmark network.
        is_right: (N,) whether the crop shows a right hand.
        error: (N, 25) rotation vector, in the lifter's canonical frame, and free angles that the lifter lacks.
    """

    features: Array
    side_logit: Array
    is_right: npt.NDArray[np.bool_]
    error: Array

    def __len__(self) -> int:
        return len(self.features)


def read_shards(files: list[Path]) -> dict[str, Array]:
    """The looks of shards at what the pipeline would take for a hand: arrays by name, features instead of maps."""
    parts: dict[str, list[Array]] = {}
    for file in files:
        with np.load(file, allow_pickle=False) as shard:
            rows = shard["presence"] > PRESENT
            arrays = {name: shard[name][rows] for name in shard.files}
        fine, coarse = (torch.from_numpy(arrays.pop(name)).float() for name in ("fine", "coarse"))
        arrays["features"] = features_of(fine, coarse, torch.from_numpy(arrays["points"])).half().numpy()
        for name, array in arrays.items():
            parts.setdefault(name, []).append(array)
    return {name: np.concatenate(arrays) for name, arrays in parts.items()}


def observed(looks: dict[str, Array]) -> Observation:
    """What a lifter gets of looks, as of right hands."""
    return Observation(looks["rays"].astype(float), centred(looks["relative"].astype(float)))


def learnt_from(model: Articulation, lifter: Lifter, looks: dict[str, Array]) -> Looks:
    """What a head can learn beside a lifter that only knows points."""
    seen = observed(looks)
    frame, lifted = canonical(seen)[0], lift(lifter, model, seen)
    turn = np.swapaxes(frame, 1, 2) @ looks["root"] @ np.swapaxes(lifted.root, 1, 2) @ frame
    joint, axis = model.free.T
    bend = (looks["angles"] - lifted.angles)[:, joint, axis]
    right = looks["right"].astype(np.float64).clip(LEAST, 1 - LEAST)
    return Looks(
        looks["features"],
        np.log(right / (1 - right)),
        looks["is_right"],
        np.concatenate([matrix_to_axis_angle(turn), bend], axis=1),
    )
