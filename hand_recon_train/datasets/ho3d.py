"""HO-3D version 2 (Hampali et al., "HOnnotate: A method for 3D Annotation of Hand and Object Poses", CVPR 2020), raw.

One right hand a picture, 640x480, holding an object. Annotations are in OpenGL's camera axes (y up, looking along -z)
and in MANO's joint order.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from hand_recon_ros.hand_model.array_pickle import read_tree
from hand_recon_ros.hand_model.model import TO_21
from hand_recon_ros.types import ByteImage, CameraModel, FloatArray, Joint, Side
from hand_recon_train.datasets.files import (
    DamagedFile,
    array_field,
    existing,
    floats,
    pinhole,
    read_labels,
    read_rgb,
)
from hand_recon_train.datasets.mano import HandModels, model_of, moved, surface
from hand_recon_train.datasets.sample import (
    HandTruth,
    ManoParameters,
    Mask,
    PoseKind,
    Sample,
    projected,
    unknown_joints,
)

NAME = "HO-3D version 2"
SPLITS = ("train", "evaluation")
MASKS = "HO3D_v2_segmentations_rendered"
FROM_OPENGL = np.diag([1.0, -1.0, -1.0])
MAX_META_BYTES = 1 << 24
MAX_LIST_BYTES = 1 << 26


class Ho3d:
    """The folder with train/, evaluation/, train.txt and evaluation.txt.

    Of the evaluation split the wrist and a box are known, nothing else. Frames without annotation have no hands.
    """

    def __init__(self, root: Path, split: str = "train", models: HandModels | None = None) -> None:
        """Read the list of frames.

        Raises:
            FileNotFoundError: a file of the layout is not there.
            ValueError: it is version 3, or the list is not one.
        """
        self._root, self._split, self._models = root, split, models
        listed = existing(root / f"{split}.txt", NAME)
        if listed.stat().st_size > MAX_LIST_BYTES:
            raise ValueError(f"expected a list of frames in {listed}, got {listed.stat().st_size} bytes")
        self._frames = np.array(listed.read_text("utf-8", "replace").split())
        for frame in self._frames[:1].tolist():
            sequence, _, number = frame.partition("/")
            pictures = existing(root / split / sequence / "rgb", NAME)
            if not (pictures / f"{number}.png").exists() and (pictures / f"{number}.jpg").exists():
                raise ValueError(f"expected PNG pictures in {pictures}, got JPEG: that is version 3; get version 2")

    def __len__(self) -> int:
        return len(self._frames)

    def __getitem__(self, index: int) -> Sample:
        if not 0 <= index < len(self):
            raise IndexError(index)
        sequence, _, number = str(self._frames[index]).partition("/")
        folder = self._root / self._split / sequence
        file = folder / "rgb" / f"{number}.png"
        image = read_rgb(file, NAME)
        path = existing(folder / "meta" / f"{number}.pkl", NAME)
        where = str(path)
        meta = _read_meta(path)
        camera = pinhole(array_field(meta, "camMat", (3, 3), where), image, where)
        mask = self._mask(sequence, number, image)
        hands = () if _unannotated(meta) else (self._hand(meta, where, camera, mask),)
        return Sample(image, camera, hands, str(file.relative_to(self._root)))

    def _mask(self, sequence: str, number: str, image: ByteImage) -> Mask | None:
        """From the folder of its own that masks come in, or from beside the pictures."""
        places = [self._root / folder / self._split / sequence / "seg" / f"{number}.jpg" for folder in (MASKS, ".")]
        found = next((path for path in places if path.exists()), None)
        return None if found is None else _read_mask(found, image)

    def _hand(self, meta: Any, where: str, camera: CameraModel, mask: Mask | None) -> HandTruth:
        joints, mano, vertices, box = unknown_joints(), None, None, None
        if self._split == "evaluation":
            joints[Joint.WRIST] = FROM_OPENGL @ array_field(meta, "handJoints3D", (3,), where)
            box = _box(array_field(meta, "handBoundingBox", (4,), where))
        else:
            joints = floats(array_field(meta, "handJoints3D", (21, 3), where)[TO_21] @ FROM_OPENGL)
            mano = self._parameters(meta, where)
            model = model_of(self._models, Side.RIGHT)
            vertices = surface(mano, model)[0] if model else None
        return HandTruth(
            Side.RIGHT, joints, projected(camera, joints), vertices=vertices, mano=mano, mask=mask, box=box
        )

    def _parameters(self, meta: Any, where: str) -> ManoParameters:
        shapes = {"handPose": (48,), "handBeta": (10,), "handTrans": (3,)}
        pose, betas, translation = (floats(array_field(meta, key, shape, where)) for key, shape in shapes.items())
        stored = ManoParameters(pose, betas, translation, PoseKind.FULL)
        return moved(stored, FROM_OPENGL, np.zeros(3), model_of(self._models, Side.RIGHT))


def _read_meta(path: Path) -> Any:
    try:
        return read_tree(path, MAX_META_BYTES)
    except ValueError as error:
        raise DamagedFile(f"{error}; get the file again") from error


def _unannotated(meta: Any) -> bool:
    return isinstance(meta, dict) and "handJoints3D" in meta and meta["handJoints3D"] is None


def _box(corners: np.ndarray[Any, np.dtype[np.float64]]) -> FloatArray:
    """Left, top, width, height of left, top, right, bottom."""
    return floats([*corners[:2], *(corners[2:] - corners[:2])])


def _read_mask(path: Path, image: ByteImage) -> Mask:
    """The hand's pixels, from a smaller map in which the hand is red and the object blue."""
    labels = read_labels(path, NAME)
    if labels.ndim != 3:
        raise ValueError(f"expected a picture of red hands and blue objects in {path}, got a grey one")
    return _stretched(labels[..., 0].astype(np.int16) - labels[..., 2] > 127, image.shape[:2])


def _stretched(mask: Mask, size: tuple[int, int]) -> Mask:
    """The mask in a picture's size (H, W), each pixel from the nearest one."""
    rows, columns = ((np.arange(n) * m) // n for n, m in zip(size, mask.shape, strict=True))
    return mask[rows[:, None], columns]
