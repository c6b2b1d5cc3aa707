"""FreiHAND (Zimmermann et al., "FreiHAND: A Dataset for Markerless Capture of Hand Pose and Shape", ICCV 2019), raw.

One right hand a picture, 224x224. The first pictures of the training folder show them before a green screen; as many
follow for each further background version, with the same annotations.
"""

from __future__ import annotations

from pathlib import Path

from hand_recon_ros.hand_model import HandModel
from hand_recon_ros.types import ByteImage, CameraModel, FloatArray, Joint, Side
from hand_recon_train.datasets.files import (
    existing,
    floats,
    numbers,
    pinhole,
    read_labels,
    read_rgb,
    same_size,
)
from hand_recon_train.datasets.json_index import json_list
from hand_recon_train.datasets.mano import HandModels, anchored, model_of, surface
from hand_recon_train.datasets.sample import (
    Doubles,
    HandTruth,
    ManoParameters,
    Mask,
    PoseKind,
    Sample,
    projected,
    unknown_joints,
)

NAME = "FreiHAND"
SPLITS = ("training", "evaluation")
VERTEX_COUNT = 778
VERSIONS = 4
MASK_THRESHOLD = 127


class FreiHand:
    """The folder that FreiHAND_pub_v2.zip unpacks to.

    The annotations of the evaluation split are a download of their own; without them its hands have no joints.
    """

    def __init__(self, root: Path, split: str = "training", models: HandModels | None = None) -> None:
        """Find the pictures, and where each annotation begins.

        Raises:
            FileNotFoundError: a file of the layout is not there.
            ValueError: the files do not fit each other.
        """
        self._root, self._split, self._models = root, split, models
        self._pictures = existing(root / split / "rgb", NAME)
        self._matrices = json_list(root / f"{split}_K.json", NAME)
        needed = ("xyz", "mano") if split == "training" else ()
        names = [name for name in ("xyz", "mano", "verts") if name in needed or self._path(name).exists()]
        self._rows = {name: json_list(self._path(name), NAME) for name in names}
        for rows in self._rows.values():
            if len(rows) != len(self._matrices):
                raise ValueError(
                    f"expected as many entries in {rows.path} as in {self._matrices.path}, {len(self._matrices)}, "
                    f"got {len(rows)}; they belong to different versions"
                )
        self._versions = self._count_versions()

    def __len__(self) -> int:
        return len(self._matrices) * self._versions

    def __getitem__(self, index: int) -> Sample:
        if not 0 <= index < len(self):
            raise IndexError(index)
        file = self._pictures / f"{index:08d}.jpg"
        image = read_rgb(file, NAME)
        row = index % len(self._matrices)
        matrix = numbers(self._matrices[row], (3, 3), "K", self._matrices.where(row))
        camera = pinhole(matrix, image, self._matrices.where(row))
        hand = self._hand(row, camera, matrix, self._mask(row, image))
        return Sample(image, camera, (hand,), str(file.relative_to(self._root)))

    def _path(self, name: str) -> Path:
        return self._root / f"{self._split}_{name}.json"

    def _count_versions(self) -> int:
        firsts = [self._pictures / f"{version * len(self._matrices):08d}.jpg" for version in range(VERSIONS)]
        if not firsts[0].exists():
            raise FileNotFoundError(f"expected {firsts[0]}, which {NAME} has, but it is not there; unpack it again")
        return sum(first.exists() for first in firsts) if self._split == "training" else 1

    def _array(self, name: str, row: int, shape: tuple[int, ...]) -> FloatArray | None:
        if name not in self._rows:
            return None
        rows = self._rows[name]
        return floats(numbers(rows[row], shape, name, rows.where(row)))

    def _hand(self, row: int, camera: CameraModel, matrix: Doubles, mask: Mask | None) -> HandTruth:
        joints = self._array("xyz", row, (21, 3))
        joints = unknown_joints() if joints is None else joints
        vertices = self._array("verts", row, (VERTEX_COUNT, 3))
        mano, model = None, model_of(self._models, Side.RIGHT)
        if "mano" in self._rows:
            theta = numbers(self._rows["mano"][row], (61,), "mano", self._rows["mano"].where(row))
            mano = parameters_from_theta(theta, matrix, model)
        if vertices is None and mano is not None and model:
            vertices = surface(mano, model)[0]
        return HandTruth(Side.RIGHT, joints, projected(camera, joints), vertices=vertices, mano=mano, mask=mask)

    def _mask(self, row: int, image: ByteImage) -> Mask | None:
        path = self._root / self._split / "mask" / f"{row:08d}.jpg"
        if not path.exists():
            return None
        labels = read_labels(path, NAME)
        return same_size((labels if labels.ndim == 2 else labels[..., 0]) > MASK_THRESHOLD, image, path)


def parameters_from_theta(
    theta: Doubles, matrix: Doubles, model: HandModel | None, kind: PoseKind = PoseKind.WITHOUT_MEAN
) -> ManoParameters:
    """Parameters from 48 pose values, 10 shape coefficients, and u, v, scale of the middle finger's root.

    The root lies on the ray through (u, v) at a depth of focal length over scale: with the model the hand is put there.
    """
    plain = ManoParameters(floats(theta[:48]), floats(theta[48:58]), None, kind)
    if not model:
        return plain
    focal = (matrix[0, 0] + matrix[1, 1]) / 2
    u, v, scale = theta[58:]
    root = floats(((u - matrix[0, 2]) / scale, (v - matrix[1, 2]) / scale, focal / scale))
    return anchored(plain, model, Joint.MIDDLE_MCP, root)
