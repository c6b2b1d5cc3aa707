"""Results as lines of JSON, one for each picture; docs/results.md describes the fields."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import numpy.typing as npt

from hand_recon_ros.hand_model.rotations import matrix_to_quaternion
from hand_recon_ros.types import CameraModel, Hand, HandFrame, Timing

METRES, PIXELS, RADIANS, UNIT = 5, 2, 5, 4
"""Decimals that are written: 0.01 mm, 0.01 px, 0.01 mrad, and four of scores and shape coefficients."""


def frame_record(frame: HandFrame, source: str) -> dict[str, Any]:
    """What is written of a frame, as plain lists, numbers and None.

    Args:
        frame: joints and poses are written; vertices are not, they follow from the pose or from the GLB.
        source: which picture this is: a file name, or a file name and frame number.
    """
    return {
        "source": source,
        "stamp_ns": frame.stamp_ns,
        "frame_id": frame.frame_id,
        "camera": _camera(frame.camera),
        "timing_ms": _timing(frame.timing),
        "hands": [_hand(hand) for hand in frame.hands],
    }


class ResultsWriter:
    """Writes records to a new file, each line as soon as it is there; a failed write leaves only whole lines.

    Raises:
        OSError: the file cannot be created, or (from `write`) a line cannot be written.
    """

    def __init__(self, path: Path):
        self._file = path.open("wb", buffering=0)

    def __enter__(self) -> ResultsWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def write(self, record: dict[str, Any]) -> None:
        """Append one record."""
        line = memoryview((json.dumps(record, allow_nan=False, separators=(",", ":")) + "\n").encode())
        start = self._file.tell()
        try:
            while line:
                line = line[self._file.write(line) :]
        except BaseException:
            self._file.truncate(start)
            self._file.seek(start)
            raise


def read_results(path: Path) -> Iterator[dict[str, Any]]:
    """The records of a file, in order; the last one is left out if its writing was cut off.

    Raises:
        ValueError: a line is not a record.
        OSError: the file cannot be opened.
    """
    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if not line.endswith(b"\n"):
                return
            try:
                record = json.loads(line)
            except ValueError as error:
                raise ValueError(f"expected JSON in line {number} of {path}: {error}") from error
            if not isinstance(record, dict):
                raise ValueError(f"expected a JSON object in line {number} of {path}, got {type(record).__name__}")
            yield record


def _hand(hand: Hand) -> dict[str, Any]:
    return {
        "side": hand.side.name.lower(),
        "side_score": _rounded(hand.side_score, UNIT),
        "score": _rounded(hand.score, UNIT),
        "track_id": hand.track_id,
        "scale_source": hand.scale_source.name.lower(),
        "roi": hand.roi._asdict(),
        "joints": _rounded(hand.joints, METRES),
        "joints_2d": _rounded(hand.joints_2d, PIXELS),
        "joint_scores": _rounded(hand.joint_scores, UNIT),
        "wrist": {
            "position": _rounded(hand.wrist.position, METRES),
            "orientation": _rounded(matrix_to_quaternion(np.float64(hand.wrist.rotation)), RADIANS + 1),
        },
        "model": hand.model,
        "pose": None if hand.pose is None else _rounded(hand.pose, RADIANS),
        "betas": None if hand.betas is None else _rounded(hand.betas, UNIT),
    }


def _camera(camera: CameraModel) -> dict[str, Any]:
    return {
        **{name: _rounded(getattr(camera, name), PIXELS + 2) for name in ("fx", "fy", "cx", "cy")},
        "width": camera.width,
        "height": camera.height,
        "distortion_model": camera.distortion_model,
        "distortion": list(camera.distortion),
    }


def _timing(timing: Timing) -> dict[str, Any]:
    stages = ("decode", "detect", "reconstruct", "postprocess", "total")
    return {stage: _rounded(getattr(timing, f"{stage}_ms"), 2) for stage in stages}


def _rounded(values: npt.ArrayLike, decimals: int) -> Any:
    """Rounded numbers as nested lists (or one number), None where they are not finite."""
    rounded = np.round(np.asarray(values, np.float64), decimals) + 0.0  # no minus zeros
    return np.where(np.isfinite(rounded), rounded, np.array(None)).tolist()
