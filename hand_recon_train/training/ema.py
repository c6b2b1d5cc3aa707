"""A slowly moving average of the weights, which measures better than the weights themselves late in training."""

from __future__ import annotations

from typing import Any

import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from torch import Tensor, nn


class WeightAverage(Callback):
    """Exponential moving average of a network's parameters and statistics (Polyak and Juditsky, 1992).

    Measuring is done with the average; checkpoints hold both.
    """

    def __init__(self, decay: float) -> None:
        """Keep so much of the average in each step.

        Raises:
            ValueError: a decay outside of 0 to 1.
        """
        if not 0 < decay < 1:
            raise ValueError(f"expected a decay between 0 and 1, such as 0.999, got {decay}")
        self.decay = decay
        self.average: dict[str, Tensor] = {}
        self._step = 0

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Begin with the weights themselves."""
        own = _state(pl_module)
        if not self.average:
            self.average = {name: tensor.detach().clone() for name, tensor in own.items()}
            self._step = trainer.global_step
        self.average = {name: self.average[name].to(tensor.device) for name, tensor in own.items()}

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Move towards the weights after each step of the optimiser."""
        if trainer.global_step == self._step:
            return
        self._step = trainer.global_step
        with torch.no_grad():
            for name, tensor in _state(pl_module).items():
                if tensor.is_floating_point():
                    self.average[name].lerp_(tensor, 1 - self.decay)
                else:
                    self.average[name].copy_(tensor)

    def on_validation_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Measure with the average."""
        self._swap(pl_module)

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Train on with the weights."""
        self._swap(pl_module)

    def _swap(self, pl_module: LightningModule) -> None:
        if not self.average:
            return
        with torch.no_grad():
            for name, tensor in _state(pl_module).items():
                held = tensor.clone()
                tensor.copy_(self.average[name])
                self.average[name].copy_(held)

    def state_dict(self) -> dict[str, Any]:
        """The average, for checkpoints."""
        return {"average": self.average, "step": self._step}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """The average of a checkpoint."""
        self.average, self._step = dict(state_dict["average"]), state_dict["step"]


def _state(pl_module: LightningModule) -> dict[str, Tensor]:
    network = pl_module.network
    assert isinstance(network, nn.Module)
    return network.state_dict()
