"""A million files contain a broken one: a data set that goes on."""

from __future__ import annotations

import logging

from hand_recon_train.datasets.files import DamagedFile
from hand_recon_train.datasets.sample import HandDataset, Sample

LOG = logging.getLogger(__name__)
MOST_IN_A_ROW = 100


class SkippingDamaged:
    """A data set in which the next whole sample stands in for one whose files are damaged or missing.

    Each such file is named on the log and kept in `damaged`, by its index; in worker processes each has its own.
    """

    def __init__(self, dataset: HandDataset) -> None:
        """Wrap a data set."""
        self._dataset = dataset
        self.damaged: dict[int, str] = {}

    def __len__(self) -> int:
        return len(self._dataset)

    def __getitem__(self, index: int) -> Sample:
        """The sample, or the next one that can be read.

        Raises:
            ValueError: many in a row are damaged, or the layout is wrong.
        """
        if not 0 <= index < len(self):
            raise IndexError(index)
        for step in range(min(MOST_IN_A_ROW, len(self))):
            candidate = (index + step) % len(self)
            try:
                return self._dataset[candidate]
            except (DamagedFile, FileNotFoundError) as error:
                self._note(candidate, str(error))
        raise ValueError(f"expected readable files, {MOST_IN_A_ROW} in a row are damaged; {self.damaged[index]}")

    def _note(self, index: int, reason: str) -> None:
        if index not in self.damaged:
            self.damaged[index] = reason
            LOG.warning("sample %d skipped (%d so far): %s", index, len(self.damaged), reason)
