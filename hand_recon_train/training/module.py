"""One network in training: its losses, its optimiser, and what is measured on the way."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from lightning.pytorch import LightningModule
from lightning.pytorch.loggers import TensorBoardLogger
from torch import Tensor, nn
from torchmetrics import Metric

from hand_recon_ros.hand_model import HandModel, load_free_hand
from hand_recon_ros.networks import create_network, untrained_network
from hand_recon_ros.networks.live import LiveHands
from hand_recon_ros.types import Side
from hand_recon_train.batch import Batch
from hand_recon_train.datasets import load_mano_folder
from hand_recon_train.losses import Objective, Setting
from hand_recon_train.metrics import Alignment, Pck2d, PositionError
from hand_recon_train.training.drawing import draw_batch
from hand_recon_train.training.matching import matched
from hand_recon_train.training.objectives import objective_of
from hand_recon_train.training.precision import keep_geometry_exact
from hand_recon_train.training.starting import load_imagenet, set_dropout


class NotFiniteError(RuntimeError):
    """A loss or gradient became NaN or infinite."""


@dataclass(frozen=True)
class Schedule:
    """Adam's learning rate: multiplied by a factor at the start of each of the epochs."""

    rate: float = 1e-4
    epochs: tuple[int, ...] = ()
    factor: float = 0.1


class HandTraining(LightningModule):
    """Trains a mesh network of the zoo with its losses."""

    faces: Tensor
    network: Any  # modules of the zoo, each with its own outputs

    def __init__(
        self,
        network: str,
        weights: dict[str, float] | None = None,
        schedule: Schedule | None = None,
        start: str | None = None,
        imagenet: Path | None = None,
        dropout: float = 0.0,
        mano: Path | None = None,
        seed: int = 0,
    ) -> None:
        """Build the network.

        Args:
            network: its name.
            weights: of losses, where they differ from the published ones.
            schedule: of the learning rate.
            start: name of imported weights to begin with; left out, random ones.
            imagenet: torchvision's file of the image encoder's ImageNet weights to begin with.
            dropout: share that networks with dropout drop.
            mano: folder of your MANO files; without it the free hand.
            seed: of everything random in a step.

        Raises:
            ValueError: an unknown network, weight, or damaged files.
        """
        super().__init__()
        self.about = {"network": network, "mano": str(mano) if mano else ""}
        self.objective: Objective = objective_of(network, weights)
        self.schedule, self.seed = schedule or Schedule(), seed
        right, left = hand_models(mano)
        made = create_network(start, right, left) if start else untrained_network(network, right, left)
        if imagenet:
            load_imagenet(made, imagenet)
        set_dropout(made, dropout)
        keep_geometry_exact(made)
        self.network = made.train()
        self.register_buffer("faces", torch.from_numpy(right.faces.astype(np.int64)), persistent=False)
        self.measures = nn.ModuleDict(
            {
                "mpjpe_root_mm": PositionError(Alignment.ROOT),
                "mpjpe_root_scale_mm": PositionError(Alignment.ROOT_AND_SCALE, root=9, end=0),
                "pa_mpjpe_mm": PositionError(Alignment.SIMILARITY),
                "pck_2d": Pck2d(),
            }
        )

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        """The sum of the losses."""
        terms = self.objective(self.network, batch, Setting(self.faces, self.current_epoch))
        loss = torch.stack([value.float() for value in terms.values()]).sum()
        if not torch.isfinite(loss):
            raise self._not_finite(batch, batch_idx, terms)
        self.log_dict({f"train/{name}": value.detach() for name, value in terms.items()})
        self.log("train/loss", loss.detach(), prog_bar=True)
        return loss

    def on_train_batch_start(self, batch: Batch, batch_idx: int) -> None:
        """Random numbers of a step follow from its number, so that a run that was resumed has the same."""
        done = self.trainer.fit_loop.epoch_loop.batch_progress.total.ready
        torch.manual_seed(int(np.random.SeedSequence((self.seed, done, self.global_rank)).generate_state(1)[0]))
        self._batch = (batch, batch_idx)

    def on_before_optimizer_step(self, optimizer: torch.optim.Optimizer) -> None:
        """Stop before gradients that are not finite spoil the weights; a loss scaler skips such steps itself."""
        if getattr(self.trainer.precision_plugin, "scaler", None) is not None:
            return
        gradients = [p.grad for p in self.network.parameters() if p.grad is not None]
        if gradients and not torch.isfinite(torch.stack(torch._foreach_norm(gradients)).sum()):
            raise self._not_finite(*self._batch, {"gradient": torch.tensor(torch.nan)})

    def validation_step(self, batch: Batch, batch_idx: int) -> None:
        """Measure the hands that the network gives as the pipeline gets them."""
        live: LiveHands = matched(self.network.live(batch.images), batch)
        known = (batch.has_joints & batch.present[..., None]).flatten(0, 1)
        for name, measure in self.measures.items():
            assert isinstance(measure, Metric)
            if name == "pck_2d":
                pixels = (batch.has_pixels & batch.present[..., None]).flatten(0, 1)
                measure.update(live.pixels.flatten(0, 1).float(), batch.joints_2d.flatten(0, 1), pixels)
            else:
                measure.update(live.joints.flatten(0, 1), batch.joints.flatten(0, 1), known)
            self.log(f"val/{name}", measure, on_epoch=True)
        if batch_idx == 0 and isinstance(self.logger, TensorBoardLogger) and self.global_rank == 0:
            draw_batch(self.logger.experiment, self.global_step, batch, live, self.faces)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Say what the weights are of and what they saw, for `export`."""
        data = getattr(self.trainer, "datamodule", None)
        seen = str(data.sources["train"]) if data else ""
        checkpoint["hand_recon"] = self.about | {"data": seen, "measured": self._measured()}

    def _measured(self) -> dict[str, float]:
        return {k: float(v) for k, v in self.trainer.callback_metrics.items() if k.startswith("val/")}

    def configure_optimizers(self) -> Any:
        """Adam with the schedule, stepped by epochs."""
        optimiser = torch.optim.Adam(self.network.parameters(), lr=self.schedule.rate)
        steps = torch.optim.lr_scheduler.MultiStepLR(optimiser, list(self.schedule.epochs), self.schedule.factor)
        return {"optimizer": optimiser, "lr_scheduler": {"scheduler": steps, "interval": "epoch"}}

    def _not_finite(self, batch: Batch, batch_idx: int, terms: dict[str, Tensor]) -> NotFiniteError:
        bad = [name for name, value in terms.items() if not torch.isfinite(value)]
        numbers = batch.number.tolist()
        data = getattr(self.trainer, "datamodule", None)
        pictures = [data.source_of(number) for number in numbers[:8]] if data else []
        return NotFiniteError(
            f"expected finite losses, got {', '.join(bad)} that is not in epoch {self.current_epoch}, batch "
            f"{batch_idx}, step {self.global_step}: samples {numbers[:8]}{'...' if numbers[8:] else ''}"
            f"{' from ' + ', '.join(pictures) if pictures else ''}; the last checkpoint is kept, "
            "resume from it with a lower rate or look at these samples"
        )


def hand_models(mano: Path | None) -> tuple[HandModel, HandModel | None]:
    """Right and left hand of a folder of MANO files, or the free hand, whose left one is the mirrored right one.

    Raises:
        ValueError: the folder has no right hand.
    """
    if mano is None:
        return load_free_hand(), None
    models = load_mano_folder(mano)
    if Side.RIGHT not in models:
        raise ValueError(f"expected MANO_RIGHT.pkl in {mano}, found the left hand alone; add it")
    return models[Side.RIGHT], models.get(Side.LEFT)
