"""`fit` by a YAML file: Lightning's command line, with a folder for the run and sentences for mistakes."""

from __future__ import annotations

import difflib
import re
import warnings
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from jsonargparse import ArgumentError
from lightning.pytorch import Trainer
from lightning.pytorch.callbacks import LearningRateMonitor, ModelCheckpoint
from lightning.pytorch.cli import LightningArgumentParser, LightningCLI
from lightning.pytorch.loggers import TensorBoardLogger

from hand_recon_train.training import overfitting
from hand_recon_train.training.augmentation import Augmentation, Spread
from hand_recon_train.training.data import HandData
from hand_recon_train.training.ema import WeightAverage
from hand_recon_train.training.module import HandTraining, Schedule
from hand_recon_train.training.run_folder import CHECKPOINTS, LAST, WholeCheckpoints, run_folder
from hand_recon_train.training.sources import Source

UNKNOWN_KEY = re.compile(
    r"[Oo]ption '([\w.]+)'|[Uu]nrecognized arguments: -*([\w.]+)|[Kk]ey \"?([\w.]+)\"? is not expected"
)
GROUPS = (Augmentation, Spread, Source, Schedule)
"""Dataclasses of the configuration, whose fields are keys."""
UNHELPFUL = (
    "LightningCLI's args parameter",
    "You're resuming from a checkpoint that ended before the epoch ended",  # EpochOrder goes on from there
    "Checkpoint directory .* exists and is not empty",  # run_folder has seen to that
    "Total length of `list` across ranks is zero",  # nothing to measure on
    r"The number of training batches .* is smaller than the logging interval",
    r"`isinstance\(treespec, LeafSpec\)` is deprecated",
    "Be aware that when using `ckpt_path`",
)
"""Beginnings of warnings that say nothing to a user of this program."""


class TrainingCli(LightningCLI):
    """Lightning's command line for the hands of this package."""

    def add_arguments_to_parser(self, parser: LightningArgumentParser) -> None:
        """What a run has beside trainer, model and data."""
        parser.add_argument("--out", type=Path, default=Path("runs/new"), help="Folder of the run.")
        parser.add_argument("--resume", action="store_true", help="Go on from the last checkpoint of the folder.")
        parser.add_argument("--overfit", type=int, default=0, help="Train on so many samples until they are known.")
        parser.add_argument("--ema", type=float, default=0.0, help="Decay of the average of the weights, 0 for none.")
        parser.add_argument("--save_every", type=int, default=1000, help="Steps between checkpoints.")
        parser.link_arguments("model.network", "data.network")
        parser.link_arguments("model.mano", "data.mano")

    def before_instantiate_classes(self) -> None:
        """The settings of overfitting in the place of the file's."""
        if self.config.overfit:
            overfitting.put_in_place(self.config, self.config.overfit)

    def instantiate_trainer(self, **kwargs: Any) -> Trainer:
        """The trainer with the run's logger, checkpoints and averages."""
        config = self.config_init
        settings = {**config.trainer, **kwargs}
        settings["logger"] = settings["logger"] or TensorBoardLogger(config.out, name="", version="board")
        settings["plugins"] = [*(settings["plugins"] or []), WholeCheckpoints()]
        return self._instantiate_trainer(settings, self._callbacks(config.out))

    def _callbacks(self, folder: Path) -> list[Any]:
        config = self.config_init
        own: list[Any] = [
            ModelCheckpoint(
                folder / CHECKPOINTS,
                filename=Path(LAST).stem,
                every_n_train_steps=config.save_every,
                enable_version_counter=False,
            ),
            LearningRateMonitor(),
        ]
        if config.ema:
            own.append(WeightAverage(config.ema))
        if config.overfit:
            own += [overfitting.Overfitting(), overfitting.goal()]
        else:
            own.append(_kept_epochs(folder))
        return own


def _kept_epochs(folder: Path) -> ModelCheckpoint:
    return ModelCheckpoint(
        folder / CHECKPOINTS,
        filename="epoch_{epoch:04d}",
        every_n_epochs=10,
        save_top_k=-1,
        auto_insert_metric_name=False,
    )


def fit(arguments: Sequence[str]) -> Trainer:
    """Train as arguments say, usually `--config FILE` and keys that differ from it.

    Raises:
        ValueError: a key that is unknown (the nearest is named), a value that cannot be, or a folder in use.
        NotFiniteError: a loss became NaN.
        OSError: a checkpoint cannot be written.
    """
    cli = parsed(arguments)
    with run_folder(cli.config_init.out, cli.config_init.resume) as checkpoint:
        cli.trainer.fit(cli.model, cli.datamodule, ckpt_path=checkpoint)
    if count := cli.config_init.overfit:
        error = float(cli.trainer.callback_metrics[overfitting.MEASURE])
        print(f"{overfitting.MEASURE} on {count} samples after {cli.trainer.global_step} steps: {error:.2f}")
    return cli.trainer


def parsed(arguments: Sequence[str]) -> TrainingCli:
    """Network, data and trainer that arguments ask for.

    Raises:
        ValueError: an unknown key or value, in one sentence.
    """
    for unhelpful in UNHELPFUL:
        warnings.filterwarnings("ignore", unhelpful)
    known = [entry.name for group in GROUPS for entry in fields(group)]

    class Known(TrainingCli):
        """Remembers its keys before values are parsed, to name the nearest."""

        def parse_arguments(self, parser: LightningArgumentParser, args: Any) -> None:
            known.extend(action.dest for action in parser._actions)
            super().parse_arguments(parser, args)

    try:
        return Known(
            HandTraining,
            HandData,
            run=False,
            args=list(arguments),
            seed_everything_default=0,
            save_config_callback=None,
            parser_kwargs={"exit_on_error": False},
            trainer_defaults={"use_distributed_sampler": False},
        )
    except ArgumentError as error:
        raise ValueError(_sentence(str(error), known)) from error


def _sentence(message: str, known: Sequence[str]) -> str:
    found = UNKNOWN_KEY.search(message)
    if not found:
        return f"expected a valid configuration: {message}"
    key = next(group for group in found.groups() if group)
    short = {name.rpartition(".")[2]: name for name in reversed(known)}
    guesses = (difflib.get_close_matches(part, short, 1) for part in key.split(".") if part not in short)
    nearest = [short[name] for guess in guesses for name in guess]
    hint = f"; did you mean {nearest[0]}?" if nearest else "; --print_config lists them"
    return f"expected known keys in the configuration, got {key}{hint}"
