"""Loaders of training and validation, as Lightning takes them."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from pathlib import Path

import cv2
from lightning.pytorch import LightningDataModule
from torch.utils.data import DataLoader

from hand_recon_ros.networks import Region, find_intake
from hand_recon_train.batch import Batch
from hand_recon_train.datasets import HandDataset, load_mano_folder
from hand_recon_train.training.augmentation import PLAIN, Augmentation
from hand_recon_train.training.preparing import Preparation
from hand_recon_train.training.sources import EpochOrder, Key, PreparedHands, Source, open_source

OVERFIT_STEPS = 20
"""Steps of an epoch when few samples are learnt."""
RENDERED_MARGIN = 1.5
"""Side of rendered pictures over that of a network's, so that crops are not enlarged."""


class HandData(LightningDataModule):
    """Pictures and truth for one network."""

    def __init__(
        self,
        network: str = "handoccnet",
        train: Source | None = None,
        validate: Source | None = None,
        batch: int = 64,
        augmentation: Augmentation | None = None,
        crop_scale: float | None = None,
        workers: int = 2,
        seed: int = 0,
        mano: Path | None = None,
        overfit: int = 0,
    ) -> None:
        """Say where samples come from.

        Args:
            network: that they are prepared for.
            train: samples to train on; left out, rendered hands.
            validate: samples to measure on, the first hand of each.
            batch: samples a step in each process.
            augmentation: random changes in training.
            crop_scale: side of crops over that of the box around the joints; None is the network's own.
            workers: processes that load.
            seed: of order and augmentation.
            mano: folder of your MANO files; without it the free hand.
            overfit: train and measure on so many samples, as they are.
        """
        super().__init__()
        self.network, self.batch, self.workers, self.seed, self.overfit = network, batch, workers, seed, overfit
        self.sources = {"train": train or Source(), "validate": validate}
        self.mano, self.opened = mano, dict[str, PreparedHands]()
        intake = find_intake(network)
        self.plain = Preparation(intake, crop_scale)
        self.changed = self.plain if overfit else replace(self.plain, augmentation=augmentation or PLAIN)

    def train_dataloader(self) -> DataLoader[Batch]:
        """Batches from where the trainer stands."""
        prepared = self._prepared("train", self.changed)
        return self._loader(prepared, self._passes() if self.overfit else self._order(prepared))

    def val_dataloader(self) -> DataLoader[Batch] | list[DataLoader[Batch]]:
        """Batches of what is measured on, none where no samples are given for it."""
        if self.overfit:
            prepared = self._prepared("train", self.plain)
            count = self.overfit
        elif self.sources["validate"] is None:
            return []
        else:
            prepared = self._prepared("validate", self.plain, first_hand=True)
            count = len(prepared)
        trainer = self.trainer
        rank, world = (trainer.global_rank, trainer.world_size) if trainer else (0, 1)
        numbers = range(rank, count, world)
        batches = [[(0, n) for n in numbers[at : at + self.batch]] for at in range(0, len(numbers), self.batch)]
        return self._loader(prepared, batches)

    def source_of(self, number: int) -> str:
        """Where the picture of a training sample comes from."""
        return self.opened["train"].samples[number].source

    def _prepared(self, part: str, preparation: Preparation, first_hand: bool = False) -> PreparedHands:
        if part not in self.opened:
            samples = self._few() if self.overfit else self._open(part)
            self.opened[part] = PreparedHands(samples, preparation, self.seed, first_hand or bool(self.overfit))
        return self.opened[part]

    def _few(self) -> HandDataset:
        """The first samples to overfit on, kept: for networks of a pair those with both hands, whose truth is known."""
        samples = self._open("train")
        paired = self.plain.intake.region == Region.PAIR
        wanted = (
            s
            for s in map(samples.__getitem__, range(len(samples)))
            if not paired or len({hand.side for hand in s.hands}) == 2
        )
        few = list(islice(wanted, self.overfit))
        if len(few) < self.overfit:
            raise ValueError(f"expected {self.overfit} samples to learn by heart, found {len(few)}; ask for fewer")
        return few

    def _passes(self) -> list[list[Key]]:
        """Batches of overfitting: all samples in every step, so that statistics of batches are those of all."""
        return [[(0, number) for number in range(self.overfit)]] * OVERFIT_STEPS

    def _open(self, part: str) -> HandDataset:
        source = self.sources[part]
        assert source is not None
        models = load_mano_folder(self.mano) if self.mano else None
        return open_source(source, models, int(RENDERED_MARGIN * self.plain.intake.size))

    def _order(self, prepared: PreparedHands) -> EpochOrder:
        trainer = self.trainer
        rank, world = (trainer.global_rank, trainer.world_size) if trainer else (0, 1)
        steps = len(EpochOrder(len(prepared), self.batch, self.seed, rank, world))
        # What a checkpoint that was loaded says; nothing is done in a new run.
        done = trainer.fit_loop.epoch_loop.batch_progress.total.ready if trainer else 0
        return EpochOrder(len(prepared), self.batch, self.seed, rank, world, *divmod(done, steps))

    def _loader(self, prepared: PreparedHands, batches: EpochOrder | list[list[Key]]) -> DataLoader[Batch]:
        return DataLoader(
            prepared,
            batch_sampler=batches,  # type: ignore[arg-type, unused-ignore]  # keys are pairs
            num_workers=self.workers,
            # Not forked: threads of the libraries that are loaded here would not survive that.
            multiprocessing_context="forkserver" if self.workers else None,
            worker_init_fn=_start_worker,
            pin_memory=bool(self.trainer and self.trainer.strategy.root_device.type == "cuda"),
            persistent_workers=self.workers > 0,
        )


def _start_worker(number: int) -> None:
    cv2.setNumThreads(0)  # the workers are the threads
