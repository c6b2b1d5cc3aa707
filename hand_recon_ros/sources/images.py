"""Picture files, read so that any ordinary one becomes upright 8-bit RGB and any other one a sentence."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from hand_recon_ros.types import ByteImage

MAX_PIXELS = 2 * (Image.MAX_IMAGE_PIXELS or 0)
"""Pillow's limit, about 179 megapixels; it holds before anything is decoded."""
SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff", ".ppm", ".pgm", ".jp2"})
"""What counts as a picture in a folder, in lower case; a file named by itself may be called anything."""


def image_files(paths: Iterable[Path]) -> list[Path]:
    """Files as named, and the pictures directly inside folders, sorted by name; each file once.

    Raises:
        ValueError: a path that does not exist, a folder without pictures, or no path at all.
    """
    found = [file for path in paths for file in (_pictures_in(path) if path.is_dir() else [_existing(path)])]
    if not found:
        raise ValueError("expected at least one picture or folder, got none")
    return list(dict.fromkeys(found))


def read_image(path: Path) -> ByteImage:
    """A picture file as upright RGB, (H, W, 3) uint8.

    The rotation that cameras note in EXIF is applied: viewers show the picture so, and hands in it are found so.
    Intrinsics must then be those of the upright picture. Grey and palette pictures become RGB, transparency is dropped,
    16 bits become 8 by scaling the full range.

    Raises:
        ValueError: the file is empty, truncated, no picture, larger than MAX_PIXELS, or has no fixed range of values.
        OSError: the file cannot be opened.
    """
    with path.open("rb") as file:
        image = _decoded(file, path)
    if image.mode == "F":
        raise ValueError(f"expected 8 or 16 bits per channel, {path} has floating-point values; convert it first")
    return _rgb(image)


def _decoded(file: BinaryIO, path: Path) -> Image.Image:
    try:
        with warnings.catch_warnings(), Image.open(file) as image:
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # the error at twice its limit will do
            return ImageOps.exif_transpose(image)
    except Image.DecompressionBombError as error:
        raise ValueError(
            f"expected a picture of at most {MAX_PIXELS // 10**6} megapixels, {path} is larger; make it smaller"
        ) from error
    except UnidentifiedImageError as error:
        raise ValueError(f"expected a picture, {path} cannot be read as one; check the file") from error
    except Exception as error:  # decoders stumble over damaged files in every way
        raise ValueError(f"expected a complete picture, {path} is damaged ({error}); get the file again") from error


def _rgb(image: Image.Image) -> ByteImage:
    if image.mode.startswith("I"):  # "I;16", or "I" for the same file in older releases of Pillow
        grey = (np.asarray(image).astype(np.int64).clip(0, 65535) + 128) // 257
        return np.repeat(grey.astype(np.uint8)[..., None], 3, axis=2)
    return np.array(image.convert("RGB"), np.uint8)


def _pictures_in(folder: Path) -> list[Path]:
    found = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES and path.is_file())
    if not found:
        raise ValueError(f"expected pictures ({', '.join(sorted(SUFFIXES))}) in the folder {folder}, found none")
    return found


def _existing(path: Path) -> Path:
    if not path.exists():
        raise ValueError(f"expected a picture or a folder of them, {path} does not exist; check the name")
    return path
