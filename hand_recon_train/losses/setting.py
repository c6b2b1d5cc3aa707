"""What losses need beside a network and a batch."""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

from torch import Tensor

from hand_recon_train.batch import Batch


class Setting(NamedTuple):
    """Where training stands.

    Attributes:
        faces: (F, 3) int64 of the right hand model; the left hand's are the same triangles, wound the other way.
        epoch: number of epochs that are done.
    """

    faces: Tensor
    epoch: int


class Objective(Protocol):
    """The losses of one network."""

    def __call__(self, network: Any, batch: Batch, setting: Setting) -> dict[str, Tensor]:
        """Weighted terms by name, whose sum is minimised."""
        ...
