"""Where the time of a training step goes, measured in the loop that trains."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from lightning.pytorch import Callback, LightningModule, Trainer

from hand_recon_train.training.command import parsed

PARTS = ("wait", "forward", "backward", "optimiser")
WARM_UP = 3
"""First steps that do not count: workers start, memory is taken, loops are compiled."""


@dataclass(frozen=True)
class StepTimes:
    """Mean seconds of a step's parts.

    Attributes:
        parts: by PARTS; wait is for the loader, and forward has the losses.
        batch: samples a step in this process.
        loader: samples a second that the loader gives when nothing else runs.
    """

    parts: dict[str, float]
    batch: int
    loader: float

    @property
    def total(self) -> float:
        """Seconds of a whole step."""
        return sum(self.parts.values())

    def text(self) -> str:
        """The table as `bench` prints it."""
        rows = [f"{name:10}{1000 * s:10.1f} ms{100 * s / self.total:8.1f} %" for name, s in self.parts.items()]
        rates = f"{self.batch / self.total:.2f} samples/s; the loader alone gives {self.loader:.1f} samples/s"
        return "\n".join([*rows, f"{'step':10}{1000 * self.total:10.1f} ms", rates])


class Stopwatch(Callback):
    """Takes the time between the hooks of a step; on a GPU it waits at each for work that is under way."""

    def __init__(self) -> None:
        """Begin with no steps."""
        self.steps: list[dict[str, float]] = []
        self._last = 0.0

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """The first wait begins."""
        self._last = time.perf_counter()

    def on_train_batch_start(self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int) -> None:
        """The batch is there."""
        self.steps.append({})
        self._took("wait", pl_module)

    def on_before_backward(self, trainer: Trainer, pl_module: LightningModule, loss: torch.Tensor) -> None:
        """The loss is known."""
        self._took("forward", pl_module)

    def on_after_backward(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Gradients are known."""
        self._took("backward", pl_module)

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """The weights have moved."""
        self._took("optimiser", pl_module)

    def _took(self, part: str, module: LightningModule) -> None:
        if module.device.type == "cuda":
            torch.cuda.synchronize(module.device)
        now = time.perf_counter()
        self.steps[-1][part], self._last = now - self._last, now


def measure_steps(arguments: Sequence[str], steps: int) -> StepTimes:
    """Train so many steps as the arguments of `fit` say, and keep nothing of it.

    Raises:
        ValueError: as fit.
    """
    watch = Stopwatch()
    with tempfile.TemporaryDirectory() as folder:
        changed = ["--out", folder, "--trainer.limit_val_batches", "0", "--trainer.enable_model_summary", "false"]
        changed += ["--trainer.max_steps", str(WARM_UP + steps), "--trainer.enable_progress_bar", "false"]
        cli = parsed([*arguments, *changed])
        loader = _loader_rate(cli.datamodule.train_dataloader(), cli.datamodule.batch, WARM_UP + steps)
        trainer: Any = cli.trainer
        trainer.callbacks.append(watch)
        trainer.fit(cli.model, cli.datamodule)
    counted = watch.steps[WARM_UP:]
    means = {part: sum(step[part] for step in counted) / len(counted) for part in PARTS}
    return StepTimes(means, cli.datamodule.batch, loader)


def _loader_rate(batches: Any, size: int, steps: int) -> float:
    """Samples a second over some batches after the first ones, which workers prepare while they start."""
    waiting = iter(batches)
    for _ in range(WARM_UP):
        next(waiting)
    start = time.perf_counter()
    count = sum(1 for _ in zip(range(steps - WARM_UP), waiting, strict=False))
    return count * size / (time.perf_counter() - start)
