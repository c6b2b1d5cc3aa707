"""Trains the small network with the arguments of `fit`; writes each step's loss; may kill itself, as power cuts do."""

from __future__ import annotations

import json
import operator
import os
import signal
import sys
from pathlib import Path

import tiny
from lightning.pytorch import Callback

from hand_recon_train.training import command


class Watch(Callback):
    """Writes losses, and kills the process after a step."""

    def __init__(self, file: Path, kill_after: int) -> None:
        self.file, self.kill_after = file, kill_after

    def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx):
        with self.file.open("a") as file:
            file.write(json.dumps([trainer.global_step, float(outputs["loss"])]) + "\n")
        if trainer.global_step == self.kill_after:
            os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    tiny.install(operator.setitem)
    log, kill_after, *arguments = sys.argv[1:]
    sys.argv = sys.argv[:1]
    rank = os.environ.get("RANK", "0")
    own = command.TrainingCli._callbacks
    # Last, so that a checkpoint of the step is written before the process dies.
    command.TrainingCli._callbacks = lambda self, folder: [
        *own(self, folder),
        Watch(Path(f"{log}.{rank}"), int(kill_after)),
    ]
    command.fit(arguments)


if __name__ == "__main__":
    main()
