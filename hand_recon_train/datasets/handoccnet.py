"""HO-3D version 2 and DexYCB with the annotation files that HandOccNet's authors published (Park et al., CVPR 2022).

Annotations in the style of COCO: lists of images and of one annotation each, joints already in camera axes and in the
order of types.Joint. Their order is that of the official evaluation.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from hand_recon_ros.types import ByteImage, CameraModel, Joint, Side
from hand_recon_train.datasets.files import (
    array_field,
    camera_of,
    existing,
    field,
    floats,
    inside,
    name_field,
    read_rgb,
    text_field,
)
from hand_recon_train.datasets.json_index import json_lists
from hand_recon_train.datasets.mano import HandModels, anchored, model_of, surface
from hand_recon_train.datasets.sample import (
    HandTruth,
    ManoParameters,
    PoseKind,
    Sample,
    projected,
    unknown_joints,
)

NAME = "HandOccNet's annotations"


class _Annotations:
    """A file of images and annotations, each read when it is asked for."""

    def __init__(self, path: Path) -> None:
        self.images, self.annotations = json_lists(path, NAME, "images", "annotations")
        ids = {name_field(image, "id", self.images.where(row)): row for row, image in enumerate(self.images)}
        wanted = [
            name_field(entry, "image_id", self.annotations.where(row)) for row, entry in enumerate(self.annotations)
        ]
        missing = next((row for row, key in enumerate(wanted) if key not in ids), None)
        if missing is not None:
            raise ValueError(f"expected image {wanted[missing]} for {self.annotations.where(missing)}, got none")
        self._rows = np.array([ids[key] for key in wanted], np.int64)

    def __len__(self) -> int:
        return len(self._rows)

    def read(self, index: int) -> tuple[Any, Any, str]:
        """Image, annotation, and the annotation's name in messages."""
        if not 0 <= index < len(self):
            raise IndexError(index)
        return self.images[int(self._rows[index])], self.annotations[index], self.annotations.where(index)


class Ho3dAnnotated:
    """HO-3D version 2 with annotations/HO3D_train_data.json or HO3D_evaluation_data.json beside train/, evaluation/.

    Of the evaluation split the wrist and a box are known.
    """

    SPLITS = ("train", "evaluation")

    def __init__(self, root: Path, split: str = "train", models: HandModels | None = None) -> None:
        """Find where each annotation begins.

        Raises:
            FileNotFoundError: a file of the layout is not there.
            ValueError: the annotations are not the published ones.
        """
        self._root, self._split, self._models = root, split, models
        self._entries = _Annotations(root / "annotations" / f"HO3D_{split}_data.json")
        existing(root / split, NAME)

    def __len__(self) -> int:
        return len(self._entries)

    def __getitem__(self, index: int) -> Sample:
        image_entry, entry, where = self._entries.read(index)
        file = inside(self._root / self._split, field(image_entry, "file_name", where), where)
        image = read_rgb(file, NAME)
        camera = _camera(entry, image, where)
        if self._split == "train":
            hand = _hand(entry, where, Side.RIGHT, camera, self._models)
        else:
            joints = unknown_joints()
            joints[Joint.WRIST] = array_field(entry, "root_joint_cam", (3,), where)
            box = floats(array_field(entry, "bbox", (4,), where))
            hand = HandTruth(Side.RIGHT, joints, projected(camera, joints), box=box)
        return Sample(image, camera, (hand,), str(file.relative_to(self._root)))


class DexYcbAnnotated:
    """DexYCB with annotations/DEX_YCB_s0_train_data.json and DEX_YCB_s0_test_data.json beside the subjects' folders."""

    SPLITS = ("s0_train", "s0_test")

    def __init__(self, root: Path, split: str = "s0_train", models: HandModels | None = None) -> None:
        """Find where each annotation begins.

        Raises:
            FileNotFoundError: a file of the layout is not there.
            ValueError: the annotations are not the published ones.
        """
        self._root, self._models = root, models
        self._entries = _Annotations(root / "annotations" / f"DEX_YCB_{split}_data.json")

    def __len__(self) -> int:
        return len(self._entries)

    def __getitem__(self, index: int) -> Sample:
        image_entry, entry, where = self._entries.read(index)
        file = inside(self._root, field(image_entry, "file_name", where), where)
        image = read_rgb(file, NAME)
        camera = _camera(entry, image, where)
        side = {"right": Side.RIGHT, "left": Side.LEFT}.get(text_field(entry, "hand_type", where))
        if side is None:
            raise ValueError(f"expected hand_type right or left in {where}, got {entry['hand_type']!r}")
        hand = _hand(entry, where, side, camera, self._models)
        return Sample(image, camera, (hand,), str(file.relative_to(self._root)))


def _camera(entry: Any, image: ByteImage, where: str) -> CameraModel:
    parameters = field(entry, "cam_param", where)
    focal, centre = (array_field(parameters, key, (2,), where) for key in ("focal", "princpt"))
    return camera_of(focal, centre, image, where)


def _hand(entry: Any, where: str, side: Side, camera: CameraModel, models: HandModels | None) -> HandTruth:
    joints = floats(array_field(entry, "joints_coord_cam", (21, 3), where))
    stored = field(entry, "mano_param", where)
    pose, betas = array_field(stored, "pose", (48,), where), array_field(stored, "shape", (10,), where)
    mano = ManoParameters(floats(pose), floats(betas), None, PoseKind.WITHOUT_MEAN)
    vertices, model = None, model_of(models, side)
    if model:
        mano = anchored(mano, model, Joint.WRIST, joints[Joint.WRIST])
        vertices = surface(mano, model)[0]
    return HandTruth(side, joints, projected(camera, joints), vertices=vertices, mano=mano)
