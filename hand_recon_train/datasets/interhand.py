"""InterHand2.6M version 1.0 at 5 frames a second, human and machine annotation (Moon et al., ECCV 2020).

One or two hands a picture, about 512x334, from some hundred calibrated cameras. Joints and MANO fits are in millimetres
and metres of the world; the fits come from NeuralAnnot (Moon et al., 2022).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from hand_recon_ros.types import ByteImage, CameraModel, FloatArray, Side
from hand_recon_train.datasets.files import (
    array_field,
    camera_of,
    existing,
    field,
    floats,
    inside,
    name_field,
    numbers,
    read_rgb,
    rotation_field,
    text_field,
)
from hand_recon_train.datasets.json_index import json_lists, json_table, read_json
from hand_recon_train.datasets.mano import HandModels, model_of, moved, surface, with_repaired_left
from hand_recon_train.datasets.sample import (
    Doubles,
    HandTruth,
    ManoParameters,
    PoseKind,
    Sample,
    projected,
)

NAME = "InterHand2.6M version 1.0"
SPLITS = ("train", "val", "test")
ORDER = np.array([20] + [4 * finger + joint for finger in range(5) for joint in (3, 2, 1, 0)])
"""Rows of types.Joint within one hand's 21: the wrist is last, each finger goes from tip to palm."""
FIRST_JOINT = {Side.RIGHT: 0, Side.LEFT: 21}
SIDES = {"right": (Side.RIGHT,), "left": (Side.LEFT,), "interacting": (Side.RIGHT, Side.LEFT)}
MILLIMETRE = 1e-3


class CameraPose(NamedTuple):
    """Where a camera stands and what it sees: camera = rotation world + shift, in metres; intrinsics in pixels."""

    rotation: Doubles
    shift: Doubles
    focal: Doubles
    centre: Doubles

    @property
    def matrix(self) -> Doubles:
        """Intrinsic matrix (3, 3)."""
        (fx, fy), (cx, cy) = self.focal, self.centre
        return np.array([[fx, 0, cx], [0, fy, cy], [0, 0, 1]])


class InterHand:
    """The folder with images/ and annotations/.

    Joints that were not annotated, or lie outside the picture, are NaN. Left hands were fitted with the sign of
    MANO_LEFT's shape directions repaired, so the models given are repaired first.
    """

    def __init__(self, root: Path, split: str = "train", models: HandModels | None = None) -> None:
        """Find where each annotation begins, which takes some seconds on the training split.

        Raises:
            FileNotFoundError: a file of the layout is not there.
            ValueError: another version.
        """
        self._pictures = existing(root / "images" / split, NAME)
        self._root, self._models = root, with_repaired_left(models) if models else None
        folder = root / "annotations" / split
        if not folder.exists() and (root / "annotations" / "all").exists():
            raise ValueError(f"expected {folder}, got annotations/all: that is version 0.0; get version 1.0")
        paths = {kind: folder / f"InterHand2.6M_{split}_{kind}.json" for kind in ("camera", "joint_3d")}
        data = folder / f"InterHand2.6M_{split}_data.json"
        self._images, self._annotations = json_lists(data, NAME, "images", "annotations")
        if len(self._images) != len(self._annotations):
            raise ValueError(f"expected as many annotations as images in {data}, got {len(self._annotations)}")
        self._camera_path, self._cameras = paths["camera"], read_json(paths["camera"], NAME)
        self._joints, self._joint_rows = json_table(paths["joint_3d"], NAME, "frame")
        fits = folder / f"InterHand2.6M_{split}_MANO_NeuralAnnot.json"
        self._fits, self._fit_rows = json_table(fits, NAME, "frame")

    def __len__(self) -> int:
        return len(self._images)

    def __getitem__(self, index: int) -> Sample:
        image_entry, entry = self.entries(index)
        where = self._annotations.where(index)
        image = self.picture(image_entry)
        pose = self.camera_pose(image_entry)
        camera = camera_of(pose.focal, pose.centre, image, f"{self._camera_path}, {_frame(image_entry)}")
        sides = SIDES.get(text_field(entry, "hand_type", where))
        if sides is None:
            raise ValueError(f"expected hand_type right, left or interacting in {where}, got {entry['hand_type']!r}")
        joints = self._camera_joints(image_entry, entry, pose, where)
        fits = self.fits(image_entry)
        hands = [self._hand(side, joints, fits[side], pose, camera) for side in sides]
        known = tuple(hand for hand in hands if hand.joints_known.any() or hand.mano is not None)
        return Sample(image, camera, known, f"{self._pictures.relative_to(self._root)}/{image_entry['file_name']}")

    def entries(self, index: int) -> tuple[Any, Any]:
        """The image and the annotation of a sample as published; they are matched by their places.

        Raises:
            IndexError: no such sample.
            ValueError: they do not belong together.
        """
        if not 0 <= index < len(self):
            raise IndexError(index)
        image, annotation = self._images[index], self._annotations[index]
        wanted = name_field(annotation, "image_id", self._annotations.where(index))
        found = name_field(image, "id", self._images.where(index))
        if wanted != found:
            raise ValueError(f"expected image {wanted} for {self._annotations.where(index)}, got {found}")
        return image, annotation

    def picture(self, image_entry: Any) -> ByteImage:
        """The picture of an image's entry, raising what `read_rgb` raises."""
        return read_rgb(inside(self._pictures, field(image_entry, "file_name", str(self._images.path)), NAME), NAME)

    def camera_pose(self, image_entry: Any) -> CameraPose:
        """Where the camera of an image stands."""
        capture, camera = (name_field(image_entry, key, str(self._images.path)) for key in ("capture", "camera"))
        where = f"{self._camera_path}, capture {capture}"
        stored = field(self._cameras, capture, str(self._camera_path))
        shapes = {"campos": (3,), "focal": (2,), "princpt": (2,)}
        place, focal, centre = (
            array_field(field(stored, key, where), camera, shape, f"{where}, {key}") for key, shape in shapes.items()
        )
        rotation = rotation_field(field(stored, "camrot", where), camera, f"{where}, camrot")
        return CameraPose(rotation, -rotation @ place * MILLIMETRE, focal, centre)

    def fits(self, image_entry: Any) -> dict[Side, ManoParameters | None]:
        """Parameters of both hands in the world, None where there is no fit."""
        key = self._frame_key(image_entry)
        frame = self._fits[self._fit_rows[key]] if key in self._fit_rows else {}
        where = f"{self._fits.path}, {_frame(image_entry)}"
        return {side: _fit(frame, side, where) for side in (Side.RIGHT, Side.LEFT)}

    def _frame_key(self, image_entry: Any) -> tuple[str, str]:
        where = str(self._images.path)
        return name_field(image_entry, "capture", where), name_field(image_entry, "frame_idx", where)

    def _camera_joints(self, image_entry: Any, entry: Any, pose: CameraPose, where: str) -> FloatArray:
        """Joints (42, 3) of the right and the left hand in their stored order, NaN where they do not count."""
        key = self._frame_key(image_entry)
        if key not in self._joint_rows:
            raise ValueError(f"expected {_frame(image_entry)} in {self._joints.path}, which {where} needs; got none")
        frame, place = self._joints[self._joint_rows[key]], f"{self._joints.path}, {_frame(image_entry)}"
        valid = array_field(entry, "joint_valid", (42,), where) > 0
        if isinstance(frame, dict) and "joint_valid" in frame:
            valid &= array_field(frame, "joint_valid", (42,), place) > 0
        world = numbers(field(frame, "world_coord", place), (42, 3), "world_coord", place) * MILLIMETRE
        return floats(np.where(valid[:, None], world @ pose.rotation.T + pose.shift, np.nan))

    def _hand(
        self, side: Side, joints: FloatArray, fit: ManoParameters | None, pose: CameraPose, camera: CameraModel
    ) -> HandTruth:
        own = joints[FIRST_JOINT[side] + ORDER]
        model, vertices, mano = model_of(self._models, side), None, None
        if fit is not None:
            mano = moved(fit, pose.rotation, pose.shift, model)
            vertices = surface(mano, model)[0] if model else None
        return HandTruth(side, own, projected(camera, own), vertices=vertices, mano=mano)


def _fit(frame: Any, side: Side, where: str) -> ManoParameters | None:
    stored = frame.get(side.name.lower()) if isinstance(frame, dict) else field(frame, side.name.lower(), where)
    if stored is None:
        return None
    shapes = {"pose": (48,), "shape": (10,), "trans": (3,)}
    pose, betas, translation = (floats(array_field(stored, key, shape, where)) for key, shape in shapes.items())
    return ManoParameters(pose, betas, translation, PoseKind.WITHOUT_MEAN)


def _frame(image_entry: Any) -> str:
    return f"capture {image_entry['capture']}, camera {image_entry['camera']}, frame {image_entry['frame_idx']}"
