"""Reading a data set's files: what is missing, damaged or of another shape is named with file and key."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from hand_recon_ros.types import ByteImage, CameraModel, FloatArray
from hand_recon_train.datasets.sample import Mask

MAX_PIXELS = 64 * 10**6
MAX_FILE_BYTES = 64 * 2**20
LARGEST = 1e9
ROUNDING = 1e-3


class DamagedFile(ValueError):  # noqa: N818 - it is a state of a file, and reads so
    """A file of one sample that cannot be read: the others are not concerned."""


def existing(path: Path, dataset: str, hint: str = "give the folder it was unpacked to") -> Path:
    """The path of a file or folder that the published layout has.

    Raises:
        FileNotFoundError: it is not there.
    """
    if not path.exists():
        raise FileNotFoundError(f"expected {path}, which {dataset} has, but it is not there; {hint}")
    return path


def inside(folder: Path, name: Any, where: str) -> Path:
    """The path of a file that an annotation names.

    Raises:
        ValueError: the name leads out of the folder.
    """
    if not isinstance(name, str) or Path(name).is_absolute() or ".." in Path(name).parts:
        raise ValueError(f"expected the name of a file below {folder} in {where}, got {name!r}")
    return folder / name


def field(record: Any, key: str, where: str) -> Any:
    """An entry of an annotation.

    Raises:
        ValueError: there is no such key.
    """
    if not isinstance(record, Mapping) or key not in record or record[key] is None:
        keys = ", ".join(map(str, list(record)[:12])) if isinstance(record, Mapping) else type(record).__name__
        raise ValueError(f"expected the key {key!r} in {where}, got {keys}; is this the published version?")
    return record[key]


def text_field(record: Any, key: str, where: str) -> str:
    """An annotated text.

    Raises:
        ValueError: there is none.
    """
    value = field(record, key, where)
    if not isinstance(value, str):
        raise ValueError(f"expected a text as {key!r} in {where}, got {_brief(value)}")
    return value


def name_field(record: Any, key: str, where: str) -> str:
    """An annotated text or whole number, as text: what data sets number things by.

    Raises:
        ValueError: there is none.
    """
    value = field(record, key, where)
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ValueError(f"expected a name or a whole number as {key!r} in {where}, got {_brief(value)}")
    return str(value)


def numbers(value: Any, shape: tuple[int, ...], what: str, where: str) -> npt.NDArray[np.float64]:
    """An annotated array of a shape; extra axes of length one are dropped.

    Raises:
        ValueError: another shape, or values that are not finite or absurd.
    """
    try:
        array = np.asarray(value, np.float64)
    except (TypeError, ValueError):
        raise ValueError(f"expected numbers of shape {shape} as {what} in {where}, got {_brief(value)}") from None
    if array.size != np.prod(shape) or [n for n in array.shape if n > 1] not in (
        [n for n in shape if n > 1],
        [array.size],
    ):
        raise ValueError(f"expected {what} of shape {shape} in {where}, got {array.shape}; is this another version?")
    if not (np.abs(array) < LARGEST).all():
        raise ValueError(f"expected numbers under {LARGEST:.0e} as {what} in {where}, got NaN or larger ones")
    return array.reshape(shape)


def rotation_field(record: Any, key: str, where: str) -> npt.NDArray[np.float64]:
    """An annotated rotation matrix (3, 3).

    Raises:
        ValueError: no such matrix.
    """
    matrix = array_field(record, key, (3, 3), where)
    if np.abs(matrix @ matrix.T - np.eye(3)).max() > ROUNDING or np.linalg.det(matrix) < 0:
        raise ValueError(f"expected a rotation matrix as {key} in {where}, got {matrix.round(3).tolist()}")
    return matrix


def array_field(record: Any, key: str, shape: tuple[int, ...], where: str) -> npt.NDArray[np.float64]:
    """An annotated array under a key: `field` and `numbers` in one."""
    return numbers(field(record, key, where), shape, key, where)


def floats(array: npt.ArrayLike) -> FloatArray:
    """The array in single precision."""
    return np.asarray(array, np.float32)


def pinhole(matrix: npt.NDArray[np.float64], image: ByteImage, where: str) -> CameraModel:
    """The camera of a picture from its intrinsic matrix (3, 3).

    Raises:
        ValueError: no matrix of a pinhole camera without skew.
    """
    if abs(matrix[0, 1]) > 1e-6 * abs(matrix[0, 0]) or np.abs(matrix[2] - (0, 0, 1)).max() > 1e-9:
        raise ValueError(f"expected an intrinsic matrix without skew in {where}, got {matrix.tolist()}")
    return camera_of(matrix[[0, 1], [0, 1]], matrix[:2, 2], image, where)


def camera_of(
    focal: npt.NDArray[np.float64], centre: npt.NDArray[np.float64], image: ByteImage, where: str
) -> CameraModel:
    """The camera of a picture from focal lengths (2,) and principal point (2,) in pixels.

    Raises:
        ValueError: impossible values.
    """
    height, width = image.shape[:2]
    try:
        return CameraModel(float(focal[0]), float(focal[1]), float(centre[0]), float(centre[1]), width, height)
    except ValueError as error:
        raise ValueError(f"{error}, in {where}") from error


def read_rgb(path: Path, dataset: str) -> ByteImage:
    """A picture (H, W, 3) as stored, whatever rotation its EXIF notes: annotations are in stored pixels.

    Raises:
        FileNotFoundError: it is not there.
        DamagedFile: it is truncated, no picture, or too large.
    """
    return np.array(_decoded(_bytes(path, dataset), str(path)).convert("RGB"), np.uint8)


def decode_rgb(data: bytes, where: str) -> ByteImage:
    """A picture (H, W, 3) from its file's bytes, raising what `read_rgb` raises."""
    return np.array(_decoded(data, where).convert("RGB"), np.uint8)


def read_labels(path: Path, dataset: str) -> npt.NDArray[np.uint8]:
    """A picture of labels as stored: (H, W), or (H, W, 3) RGB, raising what `read_rgb` raises."""
    image = _decoded(_bytes(path, dataset), str(path))
    return np.array(image if image.mode in ("L", "P") else image.convert("RGB"), np.uint8)


def same_size(mask: Mask, image: ByteImage, path: Path | str) -> Mask:
    """The mask.

    Raises:
        ValueError: it has another size than the picture.
    """
    if mask.shape != image.shape[:2]:
        raise ValueError(f"expected a mask of {image.shape[:2]} rows and columns in {path}, got {mask.shape}")
    return mask


def _bytes(path: Path, dataset: str) -> bytes:
    size = existing(path, dataset, "get the files again").stat().st_size
    if size > MAX_FILE_BYTES:
        raise DamagedFile(f"expected a picture of at most {MAX_FILE_BYTES >> 20} MiB, {path} has {size} bytes")
    return path.read_bytes()


def _decoded(data: bytes, where: str) -> Image.Image:
    try:
        with Image.open(io.BytesIO(data)) as image:
            if image.width * image.height > MAX_PIXELS:
                raise ValueError(f"{image.width}x{image.height} pixels are too many")
            image.load()
            return image
    except Exception as error:  # decoders stumble over damaged files in every way
        raise DamagedFile(f"expected a complete picture, {where} is damaged ({error}); get the file again") from error


def _brief(value: object) -> str:
    return f"{type(value).__name__} {str(value)[:40]}"
