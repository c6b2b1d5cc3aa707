"""Intrinsics as people give them: four numbers, or the YAML file of a ROS camera calibration."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from hand_recon_ros.types import CameraModel

MAX_BYTES = 1_000_000


def parse_camera(text: str, size: tuple[int, int]) -> CameraModel:
    """An undistorted camera from "fx,fy,cx,cy" in pixels, for pictures of size (width, height).

    Raises:
        ValueError: another count, no numbers, no positive focal length, or a principal point outside of the picture.
    """
    width, height = size
    try:
        fx, fy, cx, cy = (float(part) for part in text.split(","))
    except ValueError as error:
        raise ValueError(f"expected intrinsics as four numbers fx,fy,cx,cy in pixels, got {text!r}") from error
    camera = CameraModel(fx, fy, cx, cy, width, height)
    if not (0 <= cx < width and 0 <= cy < height):
        raise ValueError(
            f"the principal point ({cx:g}, {cy:g}) lies outside of the picture of {width}x{height} pixels; "
            "give the intrinsics of this picture size"
        )
    return camera


def load_camera_info(path: Path) -> CameraModel:
    """The camera of a calibration file as ROS's camera_calibration and camera_info_manager write it.

    Raises:
        ValueError: the file lacks an entry, has one of the wrong form, or describes an impossible camera.
        OSError: the file cannot be opened.
    """
    with path.open("rb") as file:
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise ValueError(f"expected a camera calibration, {path} is larger than {MAX_BYTES} bytes")
    try:
        return _camera(yaml.safe_load(content))
    except KeyError as error:
        raise ValueError(f"expected a camera calibration, {path} has no entry {error}") from error
    except (TypeError, yaml.YAMLError, UnicodeDecodeError) as error:
        raise ValueError(f"expected a ROS camera calibration in YAML, {path} is none; check the file") from error
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{path}: {error}") from error


def _camera(entries: dict[str, Any]) -> CameraModel:
    matrix = _numbers(entries, "camera_matrix")
    if len(matrix) != 9:
        raise ValueError(f"expected the 9 numbers of a 3x3 camera_matrix, got {len(matrix)}")
    fx, _, cx, _, fy, cy, *_ = matrix
    return CameraModel(
        fx,
        fy,
        cx,
        cy,
        int(entries["image_width"]),
        int(entries["image_height"]),
        tuple(_numbers(entries, "distortion_coefficients")) if "distortion_coefficients" in entries else (),
        str(entries.get("distortion_model", "plumb_bob" if "distortion_coefficients" in entries else "")),
    )


def _numbers(entries: dict[str, Any], name: str) -> list[float]:
    return [float(number) for number in entries[name]["data"]]
