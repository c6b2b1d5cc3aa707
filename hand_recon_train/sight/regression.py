"""A head by regression: in closed form for what the lifter lacks, convex for the side, so that no seed matters."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch.nn.functional import binary_cross_entropy_with_logits

from hand_recon_ros.networks.hand_sight import SIGHT, SightHead
from hand_recon_train.sight.records import Looks

Array = npt.NDArray[Any]
logger = logging.getLogger("hand_recon_train.sight")

RIDGE = 1e4
"""Looks that the prior of no correction weighs as much as, with every feature in units of its spread."""
TURN_SHARE = 0.5
"""Share of the regressed rotation that a head gives; more of it makes looks at one photographed hand disagree."""
MOST_TURN = 0.7
"""Radians of rotation that the lifter may lack: hands that are turned worse are not learnt from."""
LEAST_SPREAD = 0.02
"""Of a feature, that its unit is taken to be at least."""
SIDE_DECAY, SIDE_STEPS, SIDE_SHARE = 1e-2, 60, 0.5
"""Weight of the square of the side's coefficients, steps of L-BFGS, and the share of what was regressed that a head
gives: all of it is better on rendered hands, and worse on photographs than the network's own word."""


def fit_head(looks: Looks) -> SightHead:
    """The head that does best on looks."""
    middle, scale = moments(looks.features)
    units = (looks.features.astype(np.float32) - middle) / scale
    weights, biases = zip(*(_corrections(units, looks, is_right) for is_right in (True, False)), strict=True)
    side, side_bias = _side(units, looks)
    head = SightHead()
    _fill(head.sight, np.concatenate(weights), np.concatenate(biases), middle, scale)
    _fill(head.side, side[None], np.array([side_bias]), middle, scale)
    return head.requires_grad_(False).eval()


def moments(features: Array) -> tuple[Array, Array]:
    """Mean and unit of each feature."""
    some = features[:: max(1, len(features) // 20_000)].astype(np.float32)
    return some.mean(axis=0), some.std(axis=0) + LEAST_SPREAD


def _corrections(units: Array, looks: Looks, is_right: bool) -> tuple[Array, Array]:
    """Weights (25, F) and biases (25,) of the looks at hands of one side."""
    rows = (looks.is_right == is_right) & (np.linalg.norm(looks.error[:, :3], axis=1) < MOST_TURN)
    features, error = units[rows], looks.error[rows].astype(np.float32)
    bias = error.mean(axis=0)
    moment = features.T @ features
    moment[np.diag_indices_from(moment)] += RIDGE
    weight = np.linalg.solve(moment, features.T @ (error - bias)).T
    share = np.where(np.arange(SIGHT) < 3, TURN_SHARE, 1.0).astype(np.float32)
    logger.info("%d looks at %s hands", len(features), "right" if is_right else "left")
    return weight * share[:, None], bias * share


def _side(units: Array, looks: Looks) -> tuple[Array, float]:
    """Coefficients (F,) and bias of a logistic regression on top of the landmark network's own logit."""
    features, known, true = (torch.from_numpy(array).float() for array in (units, looks.side_logit, looks.is_right))
    weight = torch.zeros(features.shape[1] + 1, requires_grad=True)
    optimiser = torch.optim.LBFGS([weight], max_iter=SIDE_STEPS, line_search_fn="strong_wolfe")

    def value() -> torch.Tensor:
        optimiser.zero_grad()
        logit = known + features @ weight[:-1] + weight[-1]
        loss = binary_cross_entropy_with_logits(logit, true) + SIDE_DECAY * (weight[:-1] ** 2).sum()
        loss.backward()
        return loss

    optimiser.step(value)
    found = weight.detach().numpy()
    return SIDE_SHARE * found[:-1], SIDE_SHARE * float(found[-1])


def _fill(layer: torch.nn.Linear, weight: Array, bias: Array, middle: Array, scale: Array) -> None:
    """Weights for units of the features, into a layer that takes these as they are."""
    plain = weight / scale
    state = {"weight": torch.from_numpy(plain).float(), "bias": torch.from_numpy(bias - plain @ middle).float()}
    layer.load_state_dict(state)
