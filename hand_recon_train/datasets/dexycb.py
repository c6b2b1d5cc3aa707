"""DexYCB (Chao et al., "DexYCB: A Benchmark for Capturing Hand Grasping of Objects", CVPR 2021), raw.

One hand a picture, right or left, 640x480, eight cameras, ten subjects with a hundred sequences each.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import yaml

from hand_recon_ros.types import CameraModel, Side
from hand_recon_train.datasets.files import (
    DamagedFile,
    array_field,
    camera_of,
    existing,
    field,
    floats,
    inside,
    read_rgb,
)
from hand_recon_train.datasets.mano import HandModels, full_pose, model_of, surface
from hand_recon_train.datasets.sample import Doubles, HandTruth, ManoParameters, Mask, PoseKind, Sample, projected

NAME = "DexYCB"
SIZE = (480, 640)
SUBJECTS, CAMERAS, SEQUENCES = 10, 8, 100
HAND_LABEL = 255
MAX_FRAMES = 10**6
LABEL_KEYS = ("seg", "pose_m", "joint_3d", "joint_2d")
MAX_YAML_BYTES = 1 << 20
MAX_LABEL_BYTES = 1 << 24

ALL = "all"
SPLITS = tuple(f"s{setup}_{part}" for setup in range(4) for part in ("train", "val", "test")) + (ALL,)


@dataclass(frozen=True)
class _Sequence:
    """One sequence: its folder, its cameras' serials, how many frames, and whose hand."""

    folder: Path
    serials: tuple[str, ...]
    frames: int
    side: Side
    betas: Doubles


class DexYcb:
    """The folder with the subjects' folders and calibration/. Frames in which the hand is not in view have no hands.

    The splits of the toolkit's four setups need all of the sequences they are made of; `all` takes what is there.
    Left hands were fitted with MANO_LEFT as published, with the sign of its shape directions unrepaired.
    """

    def __init__(self, root: Path, split: str = "s0_train", models: HandModels | None = None) -> None:
        """Read what each sequence is.

        Raises:
            FileNotFoundError: a file of the layout is not there.
            ValueError: sequences are missing, or their description is not the published one.
        """
        self._root, self._models = root, models
        existing(root / "calibration", NAME)
        folders = _sequence_folders(root, split)
        self._sequences = [_read_sequence(root, folder, split) for folder in folders]
        counts = [len(sequence.serials) * sequence.frames for sequence in self._sequences]
        self._ends = np.cumsum(counts, dtype=np.int64)
        serials = sorted({serial for sequence in self._sequences for serial in sequence.serials})
        self._intrinsics = {serial: _read_intrinsics(root, serial) for serial in serials}

    def __len__(self) -> int:
        return int(self._ends[-1]) if len(self._ends) else 0

    def __getitem__(self, index: int) -> Sample:
        if not 0 <= index < len(self):
            raise IndexError(index)
        which = int(np.searchsorted(self._ends, index, side="right"))
        sequence = self._sequences[which]
        first = int(self._ends[which]) - len(sequence.serials) * sequence.frames
        camera_index, frame = divmod(index - first, sequence.frames)
        serial = sequence.serials[camera_index]
        folder = sequence.folder / serial
        file = folder / f"color_{frame:06d}.jpg"
        image = read_rgb(file, NAME)
        if image.shape[:2] != SIZE:
            raise ValueError(f"expected 640x480 pixels, for which the intrinsics are, {file} has {image.shape[1::-1]}")
        camera = camera_of(*self._intrinsics[serial], image, f"the calibration of {serial}")
        hands = self._hands(sequence, folder / f"labels_{frame:06d}.npz", camera)
        return Sample(image, camera, hands, str(file.relative_to(self._root)))

    def _hands(self, sequence: _Sequence, path: Path, camera: CameraModel) -> tuple[HandTruth, ...]:
        pose, joints, joints_2d, mask = _read_labels(path)
        if not pose.any() or (joints == -1).all():
            return ()
        mano = ManoParameters(floats(pose[:48]), floats(sequence.betas), floats(pose[48:]), PoseKind.COEFFICIENTS)
        model = model_of(self._models, sequence.side)
        vertices = surface(mano, model)[0] if model else None
        mano = full_pose(mano, model) if model else mano
        known = (joints_2d != -1).all(axis=1, keepdims=True)
        joints_2d = np.where(known, joints_2d, projected(camera, floats(joints)))
        return (HandTruth(sequence.side, floats(joints), floats(joints_2d), vertices=vertices, mano=mano, mask=mask),)


def _sequence_folders(root: Path, split: str) -> list[Path]:
    """The sequences of a split, by subject and name, as the data set's toolkit divides them.

    Setups: s0 every fifth sequence, s1 by subject, s2 by camera, s3 by object.
    """
    subjects = sorted(folder for folder in root.glob("*-subject-*") if folder.is_dir())
    if not subjects:
        raise FileNotFoundError(f"expected folders like 20200709-subject-01 in {root}, which {NAME} has; unpack them")
    if split == ALL:
        return [folder for subject in subjects for folder in _folders_in(subject)]
    if len(subjects) != SUBJECTS:
        raise ValueError(
            f"expected {SUBJECTS} subjects in {root} for {split}, got {len(subjects)}; "
            f"unpack the others, or use the split {ALL!r}"
        )
    chosen, rest = _division(split)
    found = [_folders_in(subjects[k]) for k in chosen]
    incomplete = [subjects[k] for k, folders in zip(chosen, found, strict=True) if len(folders) != SEQUENCES]
    if incomplete:
        raise ValueError(
            f"expected {SEQUENCES} sequences in {incomplete[0]}, by whose order {split} is defined; "
            f"unpack it again, or use the split {ALL!r}"
        )
    return [folders[k] for folders in found for k in rest]


def _folders_in(subject: Path) -> list[Path]:
    return sorted(folder for folder in subject.iterdir() if folder.is_dir())


def _division(split: str) -> tuple[list[int], list[int]]:
    """Which subjects, and which of each one's sequences, a split has."""
    setup, part = split.split("_")
    everybody, everything = list(range(SUBJECTS)), list(range(SEQUENCES))
    if setup == "s0":
        subjects = {"train": everybody, "val": [0, 1], "test": everybody[2:]}[part]
        return subjects, [k for k in everything if (k % 5 == 4) == (part != "train")]
    if setup == "s1":
        return {"train": [0, 1, 2, 3, 4, 5, 9], "val": [6], "test": [7, 8]}[part], everything
    if setup == "s2":
        return everybody, everything
    objects = {"val": (3, 19), "test": (7, 11, 15)}
    wanted = objects.get(part, (3, 7, 11, 15, 19))
    return everybody, [k for k in everything if (k // 5 in wanted) == (part != "train")]


def _cameras(split: str, serials: list[str]) -> tuple[str, ...]:
    if split != ALL and len(serials) != CAMERAS:
        raise ValueError(f"expected {CAMERAS} cameras for {split}, got {len(serials)}; use the split {ALL!r}")
    if not split.startswith("s2"):
        return tuple(serials)
    return tuple(serials[{"s2_train": slice(0, 6), "s2_val": slice(6, 7), "s2_test": slice(7, 8)}[split]])


def _read_sequence(root: Path, folder: Path, split: str) -> _Sequence:
    path = folder / "meta.yml"
    meta = _read_yaml(path)
    serials, sides, hands = (_texts(meta, key, str(path)) for key in ("serials", "mano_sides", "mano_calib"))
    side = {"right": Side.RIGHT, "left": Side.LEFT}.get(sides[0])
    if side is None:
        raise ValueError(f"expected mano_sides right or left in {path}, got {sides[0]!r}")
    calibration = inside(root / "calibration", f"mano_{hands[0]}", str(path)) / "mano.yml"
    betas = array_field(_read_yaml(calibration), "betas", (10,), str(calibration))
    frames = field(meta, "num_frames", str(path))
    if not isinstance(frames, int) or not 0 <= frames <= MAX_FRAMES:
        raise ValueError(f"expected num_frames from 0 to {MAX_FRAMES} in {path}, got {frames!r}")
    return _Sequence(folder, _cameras(split, sorted(serials)), frames, side, betas)


def _texts(meta: Any, key: str, where: str) -> list[str]:
    texts = field(meta, key, where)
    if not isinstance(texts, list) or not texts or not all(isinstance(text, str) for text in texts):
        raise ValueError(f"expected a list of texts as {key!r} in {where}, got {texts!r}")
    return texts


def _read_intrinsics(root: Path, serial: str) -> tuple[Doubles, Doubles]:
    """Focal lengths and principal point of the colour camera."""
    path = root / "calibration" / "intrinsics" / f"{serial}_{SIZE[1]}x{SIZE[0]}.yml"
    colour = field(_read_yaml(path), "color", str(path))
    values = [array_field(colour, key, (), str(path)) for key in ("fx", "fy", "ppx", "ppy")]
    return np.array(values[:2]), np.array(values[2:])


def _read_yaml(path: Path) -> Any:
    if existing(path, NAME).stat().st_size > MAX_YAML_BYTES:
        raise ValueError(f"expected a small file in {path}, got {path.stat().st_size} bytes")
    try:
        return yaml.load(path.read_bytes(), getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError as error:
        raise ValueError(f"expected YAML in {path}: {error}; get the file again") from error


def _read_labels(path: Path) -> tuple[Doubles, Doubles, Doubles, Mask]:
    """Pose and translation (51,), joints (21, 3), joints in the picture (21, 2), mask (480, 640)."""
    if existing(path, NAME).stat().st_size > MAX_LABEL_BYTES:
        raise DamagedFile(f"expected at most {MAX_LABEL_BYTES >> 20} MiB in {path}")
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            labels: dict[str, npt.NDArray[Any]] = {key: arrays[key] for key in LABEL_KEYS if key in arrays}
    except Exception as error:  # a damaged archive can fail in any way
        raise DamagedFile(f"expected arrays in {path}: {error}; get the file again") from error
    shapes = {"pose_m": (51,), "joint_3d": (21, 3), "joint_2d": (21, 2)}
    pose, joints, pixels = (array_field(labels, key, shape, str(path)) for key, shape in shapes.items())
    segments = field(labels, "seg", str(path))
    if segments.shape != SIZE:
        raise ValueError(f"expected seg of shape {SIZE} in {path}, got {segments.shape}")
    return pose, joints, pixels, segments == HAND_LABEL
