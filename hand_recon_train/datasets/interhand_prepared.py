"""InterHand2.6M as its pre-processing leaves it: crops of two interacting hands, as IntagHand and EAA-InterHand read.

Samples have 256x256 pictures of a left and a right hand each. The folders hold parameters only, so that nothing of the
hands is known without MANO.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from hand_recon_ros.hand_model import matrix_to_axis_angle
from hand_recon_ros.hand_model.array_pickle import read_tree
from hand_recon_ros.types import ByteImage, CameraModel, Side
from hand_recon_train.datasets.files import (
    DamagedFile,
    array_field,
    existing,
    field,
    floats,
    pinhole,
    read_labels,
    read_rgb,
    rotation_field,
    same_size,
)
from hand_recon_train.datasets.mano import HandModels, model_of, moved, surface, with_repaired_left
from hand_recon_train.datasets.sample import Doubles, HandTruth, ManoParameters, Mask, PoseKind, Sample, projected

NAME = "prepared InterHand2.6M"
SPLITS = ("train", "val", "test")
MAX_ANNOTATION_BYTES = 1 << 22
MASK_CHANNEL = {Side.LEFT: 0, Side.RIGHT: 1}
"""Channel of the mask files, in RGB order."""
MASK_THRESHOLD = 127


class PreparedInterHand:
    """The folder with train/, val/ and test/, each with img/ and anno/, and mask/ for masks."""

    def __init__(self, root: Path, split: str = "train", models: HandModels | None = None) -> None:
        """Count the samples.

        Raises:
            FileNotFoundError: a file of the layout is not there.
            ValueError: no hand models are given, or samples are missing in between.
        """
        if models is None:
            raise ValueError(f"expected hand models, for {NAME} holds their parameters only; give the folder of MANO")
        self._models = with_repaired_left(models)
        self._root, self._folder = root, existing(root / split, NAME)
        annotations = existing(self._folder / "anno", NAME)
        self._count = sum(entry.name.endswith(".pkl") for entry in annotations.iterdir())
        if self._count:
            existing(annotations / f"{self._count - 1}.pkl", NAME, "numbers are missing; prepare the data set again")

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: int) -> Sample:
        if not 0 <= index < len(self):
            raise IndexError(index)
        file, path = self._folder / "img" / f"{index}.jpg", self._folder / "anno" / f"{index}.pkl"
        image = read_rgb(file, NAME)
        where = str(path)
        content = _read(path)
        camera_entry, parameters = field(content, "camera", where), field(content, "mano_params", where)
        rotation, shift = rotation_field(camera_entry, "R", where), array_field(camera_entry, "t", (3,), where)
        camera = pinhole(array_field(camera_entry, "camera", (3, 3), where), image, where)
        masks = _masks(self._folder / "mask" / f"{index}.jpg", image)
        stored = {side: field(parameters, side.name.lower(), where) for side in (Side.LEFT, Side.RIGHT)}
        hands = tuple(
            self._hand(side, entry, rotation, shift, camera, masks.get(side), where) for side, entry in stored.items()
        )
        return Sample(image, camera, hands, str(file.relative_to(self._root)))

    def _hand(
        self,
        side: Side,
        stored: Any,
        rotation: Doubles,
        shift: Doubles,
        camera: CameraModel,
        mask: Mask | None,
        where: str,
    ) -> HandTruth:
        model = model_of(self._models, side)
        assert model is not None
        mano = moved(_parameters(stored, f"{where}, {side.name.lower()}"), rotation, shift, model)
        vertices, joints = surface(mano, model)
        return HandTruth(side, joints, projected(camera, joints), vertices=vertices, mano=mano, mask=mask)


def _parameters(stored: Any, where: str) -> ManoParameters:
    shapes = {"pose": (45,), "shape": (10,), "trans": (3,)}
    pose, betas, translation = (array_field(stored, key, shape, where) for key, shape in shapes.items())
    wrist = matrix_to_axis_angle(rotation_field(stored, "R", where))
    return ManoParameters(
        floats(np.concatenate([wrist, pose])), floats(betas), floats(translation), PoseKind.COEFFICIENTS
    )


def _read(path: Path) -> Any:
    existing(path, NAME)
    try:
        return read_tree(path, MAX_ANNOTATION_BYTES)
    except ValueError as error:
        raise DamagedFile(f"{error}; prepare the data set again") from error


def _masks(path: Path, image: ByteImage) -> dict[Side, Mask]:
    if not path.exists():
        return {}
    labels = read_labels(path, NAME)
    if labels.ndim != 3:
        raise ValueError(f"expected a colour picture of both hands in {path}, got a grey one")
    return {
        side: same_size(labels[..., channel] > MASK_THRESHOLD, image, path) for side, channel in MASK_CHANNEL.items()
    }
