"""Fit a lifter's weights to examples: a perceptron, trained on the displacement of the hand's points."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from hand_recon_train.lifting.widening import Examples

Array = npt.NDArray[Any]

RAY_NOISE, POINT_NOISE, SPREAD_NOISE = 0.01, 0.03, 0.1
"""Added to each of a lifter's inputs in training; the last one stands for cameras whose focal length is not known."""
IDENTITY = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
ROTATION, ANGLES, SHAPE, UNCERTAINTY = 0.3, 0.5, 0.05, 0.05
"""Weights of the losses beside the displacement, which is in centimetres."""


@dataclass(frozen=True)
class Schedule:
    """How long and how fast: steps of so many examples, the highest learning rate, and the seed."""

    steps: int = 8000
    batch: int = 512
    rate: float = 1e-3
    decay: float = 1e-3
    width: int = 256
    seed: int = 0


class Perceptron(nn.Module):
    """Three hidden layers, between inputs and angles in units of their spread."""

    middle: Tensor
    spread: Tensor
    offset: Tensor

    def __init__(self, inputs: Tensor, angles: Tensor, shapes: int, width: int) -> None:
        super().__init__()
        free = angles.shape[1]
        sizes = (inputs.shape[1], width, width, width)
        self.hidden = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(sizes))
        self.last = nn.Linear(width, 6 + free + shapes + 3 + free)
        self.register_buffer("middle", inputs.mean(0))
        self.register_buffer("spread", inputs.std(0) + 1e-3)
        self.register_buffer("offset", torch.cat([torch.tensor(IDENTITY), angles.mean(0)]))
        with torch.no_grad():
            self.last.weight.mul_(0.1)

    def forward(self, inputs: Tensor) -> Tensor:
        """Outputs as `pipeline.lifting` splits them."""
        values = (inputs - self.middle) / self.spread
        for layer in self.hidden:
            values = torch.relu(layer(values))
        out = self.last(values)
        return torch.cat([out[:, : len(self.offset)] + self.offset, out[:, len(self.offset) :]], dim=1)

    def layers(self) -> dict[str, Array]:
        """Weights and biases as `load_lifter` reads them, the units folded in, in half precision."""
        hidden, last = [*self.hidden], self.last
        first = hidden[0].weight / self.spread
        offset = torch.cat([self.offset, torch.zeros(len(last.bias) - len(self.offset))])
        weights = [first, *(layer.weight for layer in hidden[1:]), last.weight]
        biases = [hidden[0].bias - first @ self.middle, *(layer.bias for layer in hidden[1:]), last.bias + offset]
        named = {f"weight_{k}": weight for k, weight in enumerate(weights)}
        named |= {f"bias_{k}": bias for k, bias in enumerate(biases)}
        return {name: value.detach().numpy().astype(np.float16) for name, value in named.items()}


def train(
    found: Examples, schedule: Schedule, log: Callable[[int, float], None] = lambda step, loss: None
) -> Perceptron:
    """A perceptron for examples; the same schedule gives the same weights on the same machine."""
    torch.manual_seed(schedule.seed)
    inputs, root, angles, betas, metric = (torch.from_numpy(array) for array in vars(found).values())
    network = Perceptron(inputs, angles, betas.shape[1], schedule.width)
    optimiser = torch.optim.AdamW(network.parameters(), schedule.rate, weight_decay=schedule.decay)
    rates = torch.optim.lr_scheduler.OneCycleLR(optimiser, schedule.rate, schedule.steps, pct_start=0.1)
    noise = torch.cat([torch.full((42,), RAY_NOISE), torch.full((63,), POINT_NOISE), torch.tensor([SPREAD_NOISE])])
    for step in range(schedule.steps):
        rows = torch.randint(0, len(inputs), (schedule.batch,))
        out = network(inputs[rows] + torch.randn(schedule.batch, inputs.shape[1]) * noise)
        value = loss(out, root[rows], angles[rows], betas[rows], metric[rows])
        optimiser.zero_grad()
        value.backward()
        optimiser.step()
        rates.step()
        log(step + 1, float(value.detach()))
    return network.eval()


def loss(out: Tensor, root: Tensor, angles: Tensor, betas: Tensor, metric: Tensor) -> Tensor:
    """Displacement of the points, distances of the parameters, and likelihood of the errors under their spread."""
    free = angles.shape[1]
    six, bent, shape, spread = out.split([6, free, betas.shape[1], 3 + free], dim=1)
    turned = rotations(six)
    error = torch.cat([half_angle_vectors(turned @ root.mT), bent - angles, shape - betas], dim=1)
    displacement = ((error[:, None] @ metric @ error[:, :, None])[:, 0, 0] + 1e-4).sqrt().mean()
    spread, pose = spread.clamp(-5, 1), error[:, : 3 + free].detach()
    return (
        displacement
        + ROTATION * ((turned - root) ** 2).sum((1, 2)).mean()
        + ANGLES * (bent - angles).abs().mean()
        + SHAPE * ((shape - betas) ** 2).mean()
        + UNCERTAINTY * (0.5 * pose**2 * torch.exp(-2 * spread) + spread).mean()
    )


def rotations(six: Tensor) -> Tensor:
    """Rotations (N, 3, 3) of two columns (N, 6) (Zhou et al. 2019, arXiv:1812.07035)."""
    first = normalize(six[:, :3], dim=1)
    second = normalize(six[:, 3:] - (first * six[:, 3:]).sum(1, keepdim=True) * first, dim=1)
    return torch.stack([first, second, torch.linalg.cross(first, second)], dim=-1)


def half_angle_vectors(turns: Tensor) -> Tensor:
    """Axis times 2 tan(angle / 2), near the rotation vector, which keeps growing up to almost half a turn."""
    x = turns[:, 2, 1] - turns[:, 1, 2]
    y = turns[:, 0, 2] - turns[:, 2, 0]
    z = turns[:, 1, 0] - turns[:, 0, 1]
    trace = turns.diagonal(dim1=1, dim2=2).sum(1, keepdim=True)
    return torch.stack([x, y, z], dim=1) * 2 / (trace + 1).clamp(min=0.2)
