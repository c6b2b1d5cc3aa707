"""Fit a head, and the lifter that listens to it, to looks at rendered hands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from hand_recon_ros.networks.hand_sight import SightHead
from hand_recon_ros.pipeline.lifting import Lifter
from hand_recon_train.lifting.training import POINT_NOISE, RAY_NOISE, SPREAD_NOISE, loss
from hand_recon_train.sight.records import Looks

SIDE = 0.5
"""Weight of the side's loss."""
CHANNEL_GAIN, CHANNEL_SHIFT, CHANNEL_LOSS = 0.15, 0.1, 0.1
"""How the maps of photographs may differ from those of rendered hands: a channel's gain and shift, in units
of the channel's spread, and the share of channels that say nothing."""
FAINT = 0.1
"""Size of a new head's sight."""
UNSEEN = 0.1
"""Share of looks whose lifter gets no sight, so that it does not forget to read the points."""


@dataclass(frozen=True)
class Schedule:
    """How long and how fast: steps of so many looks, the highest learning rate, and the seed."""

    steps: int = 6000
    batch: int = 256
    rate: float = 1e-3
    decay: float = 1e-2
    seed: int = 0


class SeeingLifter(nn.Module):
    """A head and a lifter, which begins as one that only knows points."""

    scale: Tensor
    middle: Tensor

    def __init__(self, lifter: Lifter, inputs: Tensor) -> None:
        super().__init__()
        self.head = SightHead()
        self.register_buffer("middle", inputs.mean(0))
        self.register_buffer("scale", inputs.std(0) + 1e-3)
        self.layers = nn.ModuleList(_linear(weight, bias) for weight, bias in lifter.layers)
        with torch.no_grad():
            first = _linear(*lifter.layers[0])
            first.bias.add_(first.weight @ self.middle)
            first.weight.mul_(self.scale)
            self.layers[0] = first
            self.head.sight.weight.mul_(FAINT)

    def forward(self, inputs: Tensor, sight: Tensor) -> Tensor:
        """The lifter's outputs for its inputs and what a head has seen (N, 256) of the hand's side."""
        first, *others = self.layers
        values: Tensor = first((inputs - self.middle) / self.scale) + sight
        for layer in others:
            values = layer(torch.relu(values))
        return values

    def written(self) -> dict[str, npt.NDArray[np.float16]]:
        """The lifter's weights and biases as `load_lifter` reads them."""
        layers = [layer for layer in self.layers if isinstance(layer, nn.Linear)]
        weights: list[Tensor] = [layer.weight for layer in layers]
        biases: list[Tensor] = [layer.bias for layer in layers]
        weights[0] = weights[0] / self.scale
        biases[0] = biases[0] - weights[0] @ self.middle
        named = {f"weight_{k}": weight for k, weight in enumerate(weights)}
        named |= {f"bias_{k}": bias for k, bias in enumerate(biases)}
        return {name: value.detach().numpy().astype(np.float16) for name, value in named.items()}


def _linear(weight: npt.NDArray[np.floating], bias: npt.NDArray[np.floating]) -> nn.Linear:
    layer = nn.Linear(weight.shape[1], len(weight))
    layer.load_state_dict({"weight": torch.tensor(weight), "bias": torch.tensor(bias)})
    return layer


def train(
    lifter: Lifter, looks: Looks, schedule: Schedule, log: Callable[[int, float], None] = lambda step, loss: None
) -> SeeingLifter:
    """A head and a lifter for looks; the same schedule gives the same weights on the same machine."""
    torch.manual_seed(schedule.seed)
    network = SeeingLifter(lifter, looks.inputs)
    optimiser = torch.optim.AdamW(network.parameters(), schedule.rate, weight_decay=schedule.decay)
    rates = torch.optim.lr_scheduler.OneCycleLR(optimiser, schedule.rate, schedule.steps, pct_start=0.1)
    spreads = [torch.from_numpy(spread(array.numpy())) for array in (looks.fine, looks.coarse)]
    for step in range(schedule.steps):
        batch = looks.take(torch.randint(0, len(looks), (schedule.batch,)))
        value = look_loss(network, batch, spreads)
        optimiser.zero_grad()
        value.backward()
        optimiser.step()
        rates.step()
        log(step + 1, float(value.detach()))
    return network.eval()


def spread(maps: npt.NDArray[np.floating]) -> npt.NDArray[np.float32]:
    """Standard deviation (1, C, 1, 1) of each channel of maps (N, C, H, W), by at most a thousand of them."""
    some = maps[:: max(1, len(maps) // 1000)].astype(np.float32)
    return np.asarray(some.std(axis=(0, 2, 3), keepdims=True), np.float32)


def look_loss(network: SeeingLifter, batch: Looks, spreads: list[Tensor]) -> Tensor:
    """Of the hand's pose as of its true side, and of the side."""
    fine, coarse = (varied(maps, of_one) for maps, of_one in zip((batch.fine, batch.coarse), spreads, strict=True))
    sight, side = network.head(fine, coarse, batch.points + torch.randn_like(batch.points))
    of_side = sight[torch.arange(len(batch)), 1 - batch.is_right.long()]
    of_side = of_side * (torch.rand(len(batch), 1) > UNSEEN)
    noise = torch.cat([torch.full((42,), RAY_NOISE), torch.full((63,), POINT_NOISE), torch.tensor([SPREAD_NOISE])])
    out = network(batch.inputs + torch.randn_like(batch.inputs) * noise, of_side)
    of_pose = loss(out, batch.root, batch.angles, batch.betas, batch.metric)
    return of_pose + SIDE * binary_cross_entropy_with_logits(side + batch.side_logit, batch.is_right)


def varied(maps: Tensor, of_one: Tensor) -> Tensor:
    """Maps (N, C, H, W) as of other pictures, given the spread of each channel."""
    count, channels = maps.shape[:2]
    gain = 1 + CHANNEL_GAIN * torch.randn(count, channels, 1, 1)
    shift = CHANNEL_SHIFT * torch.randn(count, channels, 1, 1)
    kept = (torch.rand(count, channels, 1, 1) > CHANNEL_LOSS) / (1 - CHANNEL_LOSS)
    return torch.as_tensor((maps * gain + shift * of_one) * kept)
