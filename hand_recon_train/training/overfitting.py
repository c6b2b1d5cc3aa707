"""`fit --overfit N`: learn N samples by heart, which shows that a network, its losses and its data fit together.

What would keep a network from it is put aside: augmentation, dropout, a rate that stays high, and running statistics
of batches, which with momenta of 0.1 and 0.01 lag hundreds of steps behind the weights. Every step sees all samples.
"""

from __future__ import annotations

import time
from typing import Any

import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.callbacks import EarlyStopping
from torch.nn.modules.batchnorm import _BatchNorm

from hand_recon_train.losses import Setting

MEASURE, GOAL_MM = "val/mpjpe_root_scale_mm", 2.0
EPOCHS, RATE, WARM_UP = 30, 4e-4, 15
"""Epochs of data.OVERFIT_STEPS steps, Adam's rate, and the steps in which it rises."""
RATES = {"eaa_interhand": 3e-4}
"""Where another rate is needed: near 1e-3, which is published, the vertices of an EAA-InterHand's hand run together."""
NEAR_MM, FALL = 10.0, 0.8
"""Error from which on the rate falls, and what each epoch then leaves of it: losses of absolute differences come no
closer than steps are long. A rate in proportion to the error stays where steps are as long as the error (5 mm)."""
PLACES = {"vertices": 100.0}
PAIR = {"vertices": 1000.0, "joints": 1000.0, "normals": 1.0}
WEIGHTS = {
    "youtubehand_resnet18": PLACES,
    "youtubehand_resnet50": PLACES,
    "youtubehand_hrnet": PLACES,
    "eaa_interhand": PAIR,
    "eaa_interhand_release": PAIR,
    "smhr_single": {"vertices": 10.0, "joints": 10.0, "turned": 10.0},
    "smhr_multi": {"turned": 10.0},
}
"""Weights in the place of published ones. Normals of faces of a few millimetres pull at each vertex tens of times as
hard as its place does, and key points alone do not say how SMHR's hands are turned in depth."""
BETAS = (0.9, 0.98)
"""Adam's; with the usual 0.999 the gradients of the first steps, a hundred times larger, slow down all that follow."""


def put_in_place(config: Any, count: int) -> None:
    """Change a run's configuration so that it learns so many samples."""
    config.data.overfit = config.data.batch = count
    config.data.workers = 0  # the samples are kept, so there is nothing to load
    config.model.dropout = 0.0
    schedule = config.model.schedule
    schedule.rate, schedule.epochs = RATES.get(config.model.network, RATE), ()
    config.model.weights = {**(config.model.weights or {}), **WEIGHTS.get(config.model.network, {})}
    config.trainer.max_epochs = EPOCHS


class Overfitting(Callback):
    """A gentle start, statistics of all samples under the weights as they are, and a line an epoch of how it goes."""

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Let batch normalisation forget the steps before at once, and start the clock."""
        for module in pl_module.modules():
            if isinstance(module, _BatchNorm):
                module.momentum = 1.0
        self._start, self._share = time.monotonic(), 1.0

    def on_train_batch_start(self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int) -> None:
        """Keep the samples, and let the rate rise (Adam's first steps move each weight by all of it), later fall."""
        self._samples = batch
        risen = min(1.0, (trainer.global_step + 1) / WARM_UP)
        for group in trainer.optimizers[0].param_groups:
            group["betas"] = BETAS
            group["lr"] = group["initial_lr"] * risen * self._share

    def on_validation_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Let the samples pass once more: the last step moved the weights."""
        if not trainer.sanity_checking:
            own: Any = pl_module
            with torch.no_grad(), trainer.precision_plugin.forward_context():
                own.objective(own.network.train(), self._samples, Setting(own.faces, own.current_epoch))
            own.network.eval()

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Steps, seconds, loss, millimetres."""
        if not trainer.sanity_checking:
            loss, error = (float(trainer.callback_metrics[name]) for name in ("train/loss", MEASURE))
            if error < NEAR_MM or self._share < 1:
                self._share *= FALL
            seconds = time.monotonic() - self._start
            print(f"{trainer.global_step:6} steps {seconds:7.0f} s   loss {loss:9.4g}   {error:7.2f} mm", flush=True)


def goal() -> EarlyStopping:
    """Ends the run when the samples are known."""
    return EarlyStopping(MEASURE, patience=EPOCHS, stopping_threshold=GOAL_MM)
