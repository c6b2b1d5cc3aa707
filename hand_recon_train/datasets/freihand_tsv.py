"""FreiHAND as METRO's tables (Lin et al., "End-to-End Human Pose and Mesh Reconstruction with Transformers", 2021).

A .yaml names tables of tab-separated rows with a .lineidx of byte offsets beside each: pictures, labels and sizes under
a common key, and the list of rows to use. There are no intrinsics, and 3D joints are relative to the wrist.
"""

from __future__ import annotations

import base64
import binascii
import json
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from hand_recon_ros.types import FloatArray, Joint, Side
from hand_recon_train.datasets.files import (
    DamagedFile,
    array_field,
    decode_rgb,
    existing,
    field,
    floats,
    inside,
    text_field,
)
from hand_recon_train.datasets.mano import HandModels, anchored, model_of, surface
from hand_recon_train.datasets.sample import HandTruth, ManoParameters, PoseKind, Sample, unknown_joints

NAME = "METRO's FreiHAND"
SPLITS = ("train", "test")
TABLES = ("img", "label", "linelist")
MAX_ROW_BYTES = 1 << 26
MAX_YAML_BYTES = 1 << 20


class FreiHandTables:
    """The folder with train.yaml and test.yaml.

    The hand of a row without has_3d_joints (all of the test split) has no truth: what such rows hold are dummies.
    """

    def __init__(self, root: Path, split: str = "train", models: HandModels | None = None) -> None:
        """Read the offsets of all rows.

        Raises:
            FileNotFoundError: a file of the layout is not there.
            ValueError: the tables do not fit each other.
        """
        files = _tables(existing(root / f"{split}.yaml", NAME))
        self._models = models
        self._pictures, self._labels = Table(files["img"]), Table(files["label"])
        self._lines = _line_list(files["linelist"]) if "linelist" in files else np.arange(len(self._labels))
        if len(self._lines) and int(self._lines.max()) >= min(len(self._labels), len(self._pictures)):
            raise ValueError(
                f"expected lines under {min(len(self._labels), len(self._pictures))} in {files['linelist']}, "
                f"got {int(self._lines.max())}; the tables belong to different versions"
            )

    def __len__(self) -> int:
        return len(self._lines)

    def __getitem__(self, index: int) -> Sample:
        if not 0 <= index < len(self):
            raise IndexError(index)
        line = int(self._lines[index])
        key, *_, picture = self._pictures.row(line)
        where = f"{self._pictures.path}, row {line} ({key})"
        try:
            data = base64.b64decode(picture, validate=True)
        except binascii.Error as error:
            raise DamagedFile(f"expected a base64 picture in {where}: {error}; get the file again") from error
        return Sample(decode_rgb(data, where), None, (self._hand(line, key),), key)

    def _hand(self, line: int, key: str) -> HandTruth:
        where = f"{self._labels.path}, row {line}"
        label_key, text = self._labels.row(line)[:2]
        if label_key != key:
            raise ValueError(f"expected the label of {key} in {where}, got that of {label_key}; use tables of one set")
        label = _first_label(text, where)
        joints, joints_2d = unknown_joints(), floats(np.full((21, 2), np.nan))
        if field(label, "has_2d_joints", where):
            joints_2d = _weighted(array_field(label, "2d_joints", (21, 3), where))
        if not field(label, "has_3d_joints", where):
            return HandTruth(Side.RIGHT, joints, joints_2d, placed=False)
        joints = _weighted(array_field(label, "3d_joints", (21, 4), where))
        mano = vertices = None
        if field(label, "has_smpl", where):
            pose, betas = array_field(label, "pose", (48,), where), array_field(label, "betas", (10,), where)
            mano = ManoParameters(floats(pose), floats(betas), None, PoseKind.WITHOUT_MEAN)
        model = model_of(self._models, Side.RIGHT)
        if mano is not None and model:
            mano = anchored(mano, model, Joint.WRIST, joints[Joint.WRIST])
            vertices = surface(mano, model)[0]
        return HandTruth(Side.RIGHT, joints, joints_2d, placed=False, vertices=vertices, mano=mano)


class Table:
    """A tab-separated table and the byte offsets of its rows."""

    def __init__(self, path: Path) -> None:
        """Read the offsets.

        Raises:
            FileNotFoundError: the table or its .lineidx is not there.
            ValueError: the offsets do not fit the table.
        """
        self.path = existing(path, NAME)
        index = existing(path.with_suffix(".lineidx"), NAME)
        self._starts = _line_list(index)
        size = path.stat().st_size
        self._ends = np.append(self._starts[1:], size)
        if (self._ends <= self._starts).any():
            raise ValueError(f"expected increasing offsets under {size} in {index}; get both files again")

    def __len__(self) -> int:
        return len(self._starts)

    def row(self, line: int) -> list[str]:
        """The columns of a row.

        Raises:
            DamagedFile: fewer than two, or a row of absurd length.
        """
        start, end = int(self._starts[line]), int(self._ends[line])
        if end - start > MAX_ROW_BYTES:
            raise DamagedFile(f"expected at most {MAX_ROW_BYTES >> 20} MiB in row {line} of {self.path}")
        with self.path.open("rb") as file:
            file.seek(start)
            columns = file.read(end - start).decode("utf-8", "replace").strip().split("\t")
        if len(columns) < 2:
            raise DamagedFile(f"expected tab-separated columns in row {line} of {self.path}; get the file again")
        return [column.strip() for column in columns]


def _tables(path: Path) -> dict[str, Path]:
    """The files that a .yaml names; the list of rows is optional."""
    if path.stat().st_size > MAX_YAML_BYTES:
        raise ValueError(f"expected a small file that names tables, {path} has {path.stat().st_size} bytes")
    try:
        names = yaml.safe_load(path.read_bytes())
    except yaml.YAMLError as error:
        raise ValueError(f"expected YAML in {path}: {error}") from error
    if field(names, "img", str(path)) and names.get("composite"):
        raise ValueError(f"expected a plain table in {path}, got a composite one; open the parts one by one")
    needed = [name for name in TABLES if name in ("img", "label") or names.get(name) is not None]
    return {name: inside(path.parent, text_field(names, name, str(path)), str(path)) for name in needed}


def _line_list(path: Path) -> np.ndarray[Any, np.dtype[np.int64]]:
    try:
        lines = np.array(existing(path, NAME).read_bytes().split(), np.int64)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"expected a number on each line of {path}: {error}") from error
    if (lines < 0).any():
        raise ValueError(f"expected numbers from 0 in {path}, got {int(lines.min())}")
    return lines


def _first_label(text: str, where: str) -> Any:
    try:
        labels = json.loads(text)
    except ValueError as error:
        raise ValueError(f"expected JSON in {where}: {error}; get the file again") from error
    if not isinstance(labels, list) or len(labels) != 1:
        raise ValueError(f"expected a list of one label in {where}, got {str(labels)[:40]}")
    return labels[0]


def _weighted(joints: Any) -> FloatArray:
    """Joints (21, D) from joints with a last column that is 0 where one is not known."""
    return floats(np.where(joints[:, -1:] > 0, joints[:, :-1], np.nan))
