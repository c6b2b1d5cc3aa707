"""RHD, rendered hands (Zimmermann and Brox, "Learning to Estimate 3D Hand Pose from Single RGB Images", ICCV 2017).

Rendered people with both hands, 320x320. Both hands of everybody are annotated, also where they are out of sight.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from hand_recon_ros.hand_model.array_pickle import read_tree
from hand_recon_ros.types import ByteImage, Side
from hand_recon_train.datasets.files import (
    array_field,
    existing,
    floats,
    pinhole,
    read_labels,
    read_rgb,
    same_size,
)
from hand_recon_train.datasets.mano import HandModels
from hand_recon_train.datasets.sample import HandTruth, Mask, Sample

NAME = "RHD"
SPLITS = ("training", "evaluation")
MAX_PICKLE_BYTES = 1 << 29
ORDER = np.array([0] + [4 * finger + joint for finger in range(5) for joint in (4, 3, 2, 1)])
"""Rows of types.Joint within one hand's 21: the wrist, then each finger from tip to palm."""
FIRST_JOINT = {Side.LEFT: 0, Side.RIGHT: 21}
LABELS = {Side.LEFT: (2, 17), Side.RIGHT: (18, 33)}
"""First and last class of each hand in the masks: three a finger, then the palm."""


class Rhd:
    """The folder RHD_published_v2. Samples have the hands of which at least one joint can be seen."""

    def __init__(self, root: Path, split: str = "training", models: HandModels | None = None) -> None:
        """Read all annotations, which takes some seconds; models are not used, for there are no parameters.

        Raises:
            FileNotFoundError: a file of the layout is not there.
            ValueError: the annotations are not the published ones.
        """
        self._folder = existing(root / split, NAME)
        self._path = existing(self._folder / f"anno_{split}.pickle", NAME)
        content = read_tree(self._path, MAX_PICKLE_BYTES)
        if not isinstance(content, dict) or not content or not all(isinstance(key, int) for key in content):
            raise ValueError(f"expected annotations under sample numbers in {self._path}; is this the published file?")
        self._numbers = np.array(sorted(content), np.int64)
        entries = [(content[key], f"{self._path}, sample {key}") for key in self._numbers.tolist()]
        # Stacked: worker processes then share one block of memory instead of copying thousands of objects.
        self._pixels = _stacked(entries, "uv_vis", (42, 3))
        self._joints = _stacked(entries, "xyz", (42, 3))
        self._matrices = _stacked(entries, "K", (3, 3))

    def __len__(self) -> int:
        return len(self._numbers)

    def __getitem__(self, index: int) -> Sample:
        if not 0 <= index < len(self):
            raise IndexError(index)
        name = f"{int(self._numbers[index]):05d}.png"
        file = self._folder / "color" / name
        image = read_rgb(file, NAME)
        where = f"{self._path}, sample {self._numbers[index]}"
        camera = pinhole(self._matrices[index].astype(np.float64), image, where)
        path = self._folder / "mask" / name
        labels = read_labels(path, NAME) if path.exists() else None
        masks = {side: _mask(labels, side, image, path) for side in FIRST_JOINT}
        hands = tuple(self._hand(index, side, masks[side]) for side in FIRST_JOINT if self._seen(index, side))
        return Sample(image, camera, hands, str(file.relative_to(self._folder.parent)))

    def _seen(self, index: int, side: Side) -> bool:
        return bool((self._pixels[index, FIRST_JOINT[side] + ORDER, 2] > 0).any())

    def _hand(self, index: int, side: Side, mask: Mask | None) -> HandTruth:
        rows = FIRST_JOINT[side] + ORDER
        pixels = self._pixels[index, rows]
        return HandTruth(side, self._joints[index, rows], pixels[:, :2], visible=pixels[:, 2] > 0, mask=mask)


def _stacked(entries: list[tuple[Any, str]], key: str, shape: tuple[int, ...]) -> npt.NDArray[np.float32]:
    return floats(np.stack([array_field(entry, key, shape, where) for entry, where in entries]))


def _mask(labels: npt.NDArray[np.uint8] | None, side: Side, image: ByteImage, path: Path) -> Mask | None:
    if labels is None:
        return None
    first, last = LABELS[side]
    classes = labels if labels.ndim == 2 else labels[..., 0]
    return same_size((classes >= first) & (classes <= last), image, path)
