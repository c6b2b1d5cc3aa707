"""Single hands as SMHR's authors repackaged them (Ren, Zhu, Zhang, CVIU 2023): a pickled list and picture folders.

`<Name>_train.pkl` and `<Name>_evaluation.pkl` lie beside the folder <Name>. Multi-hand pictures are composed of them,
see `composites`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hand_recon_ros.hand_model.array_pickle import read_tree
from hand_recon_ros.types import ByteImage, CameraModel, Side
from hand_recon_train.datasets.files import (
    array_field,
    existing,
    field,
    floats,
    inside,
    pinhole,
    read_labels,
    read_rgb,
    same_size,
)
from hand_recon_train.datasets.freihand import parameters_from_theta
from hand_recon_train.datasets.mano import HandModels, model_of, surface
from hand_recon_train.datasets.sample import Doubles, HandTruth, Mask, PoseKind, Sample, projected, unknown_joints

NAME = "SMHR's single-hand data"
SPLITS = ("FreiHAND_train", "FreiHAND_val", "FreiHAND_evaluation", "HO3D_train", "HO3D_evaluation")
GREEN_SCREEN, HELD_OUT = 32_560, 6_000
"""How many entries of FreiHAND's training file are trained on (the first), and how many validate (the last)."""
FULL_POSES = {"HO3D"}
"""Data sets whose stored poses need no mean pose."""
MASK_THRESHOLD = 50
MAX_PICKLE_BYTES = 1 << 29


class SmhrHands:
    """The folder `data` of SMHR. Without hand models only 2D joints are known, with them joints and vertices too."""

    def __init__(self, root: Path, split: str = "FreiHAND_train", models: HandModels | None = None) -> None:
        """Read the list.

        Raises:
            FileNotFoundError: a file of the layout is not there.
            ValueError: the list is not the published one.
        """
        name, _, part = split.partition("_")
        self._path = existing(root / f"{name}_{'train' if part == 'val' else part}.pkl", NAME)
        self._folder, self._models = existing(root / name, NAME), models
        self._kind = PoseKind.FULL if name in FULL_POSES else PoseKind.WITHOUT_MEAN
        entries = read_tree(self._path, MAX_PICKLE_BYTES)
        if not isinstance(entries, list):
            raise ValueError(f"expected a list of entries in {self._path}, got a {type(entries).__name__}")
        self._first = max(0, len(entries) - HELD_OUT) if part == "val" else 0
        last = GREEN_SCREEN if split == "FreiHAND_train" else len(entries)
        self._entries = entries[self._first : last]

    def __len__(self) -> int:
        return len(self._entries)

    def __getitem__(self, index: int) -> Sample:
        if not 0 <= index < len(self):
            raise IndexError(index)
        entry, where = self._entries[index], f"{self._path}, entry {self._first + index}"
        file = inside(self._folder, field(entry, "filepath", where), where)
        image = read_rgb(file, NAME)
        matrix = array_field(entry, "K", (3, 3), where)
        camera = pinhole(matrix, image, where)
        hand = self._hand(entry, where, matrix, camera, self._mask(entry, where, image))
        return Sample(image, camera, (hand,), str(file.relative_to(self._folder.parent)))

    def _hand(self, entry: Any, where: str, matrix: Doubles, camera: CameraModel, mask: Mask | None) -> HandTruth:
        right = array_field(entry, "handness", (1,), where)[0] if "handness" in entry else 1
        side = Side.RIGHT if right else Side.LEFT
        box = _box(array_field(entry, "bboxes", (4,), where)) if "bboxes" in entry else None
        mano, model = None, model_of(self._models, side)
        if "mano_coeff" in entry:
            theta = array_field(entry, "mano_coeff", (61,), where)
            mano = parameters_from_theta(theta, matrix, model, self._kind)
        joints, vertices = unknown_joints(), None
        if mano is not None and model:
            vertices, joints = surface(mano, model)
        pixels = floats(array_field(entry, "lms21", (21, 2), where)) if "lms21" in entry else projected(camera, joints)
        return HandTruth(side, joints, pixels, vertices=vertices, mano=mano, mask=mask, box=box)

    def _mask(self, entry: Any, where: str, image: ByteImage) -> Mask | None:
        """Hands are red in the masks: HO-3D's objects are blue."""
        if not entry.get("maskpath"):
            return None
        path = inside(self._folder, entry["maskpath"], where)
        labels = read_labels(path, NAME)
        return same_size((labels if labels.ndim == 2 else labels[..., 0]) > MASK_THRESHOLD, image, path)


def _box(corners: Doubles) -> Any:
    """Left, top, width, height of left, top, right, bottom."""
    return floats([*corners[:2], *(corners[2:] - corners[:2])])
