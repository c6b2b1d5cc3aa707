"""Looks at rendered hands, read from the shards of a folder, and what a head and a lifter learn from them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from hand_recon_ros.pipeline.articulation import Articulation
from hand_recon_ros.pipeline.hand_state import Observation, centred
from hand_recon_ros.pipeline.lifting import canonical
from hand_recon_train.lifting.widening import displacement_metric

Array = npt.NDArray[Any]

PRESENT = 0.5
"""Probability over which the pipeline takes a crop for a hand."""


@dataclass(frozen=True)
class Looks:
    """N looks; see `SightHead` for the maps and points, `canonical` for the inputs, `Examples` for the truth.

    Attributes:
        side_logit: (N,) of the landmark network. is_right: (N,) whether the crop shows a right hand.
    """

    fine: Tensor
    coarse: Tensor
    points: Tensor
    side_logit: Tensor
    is_right: Tensor
    inputs: Tensor
    root: Tensor
    angles: Tensor
    betas: Tensor
    metric: Tensor

    def __len__(self) -> int:
        return len(self.points)

    def take(self, rows: Tensor) -> Looks:
        """The chosen looks, in single precision."""
        return Looks(*(array[rows].float() for array in vars(self).values()))


def read_shards(files: list[Path]) -> dict[str, Array]:
    """The looks of shards at what the pipeline would take for a hand: arrays by name."""
    parts: dict[str, list[Array]] = {}
    for file in files:
        with np.load(file, allow_pickle=False) as shard:
            rows = shard["presence"] > PRESENT
            for name in shard.files:
                parts.setdefault(name, []).append(shard[name][rows])
    return {name: np.concatenate(arrays) for name, arrays in parts.items()}


def observed(looks: dict[str, Array]) -> Observation:
    """What a lifter gets of looks, as of right hands."""
    return Observation(looks["rays"].astype(float), centred(looks["relative"].astype(float)))


def learnt_from(model: Articulation, looks: dict[str, Array]) -> Looks:
    """Looks with their truth in the canonical frame."""
    frame, inputs = canonical(observed(looks))
    root = np.swapaxes(frame, 1, 2) @ looks["root"].astype(float)
    angles, betas = looks["angles"].astype(float), looks["betas"].astype(float)
    joint, axis = model.free.T
    right = looks["right"].astype(np.float64).clip(1e-6, 1 - 1e-6)
    arrays = (
        looks["fine"],
        looks["coarse"],
        looks["points"],
        np.log(right / (1 - right)).astype(np.float32),
        looks["is_right"],
        inputs,
        root.astype(np.float32),
        angles[:, joint, axis].astype(np.float32),
        betas.astype(np.float32),
        displacement_metric(model, root, angles, betas).astype(np.float16),
    )
    return Looks(*map(torch.from_numpy, arrays))
