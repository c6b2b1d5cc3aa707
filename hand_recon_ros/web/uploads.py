"""Picture files as strangers send them: bounded before a pixel is decoded, and called by their own names in errors."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from hand_recon_ros.sources.images import read_image
from hand_recon_ros.types import ByteImage

MAX_BYTES = 32_000_000
MAX_PIXELS = 50_000_000


@dataclass(frozen=True)
class Upload:
    """A picture (H, W, 3) that was sent; the remark is for its sender, empty where there is nothing to say."""

    name: str
    rgb: ByteImage
    remark: str = ""


def read_upload(path: Path) -> Upload:
    """A picture file as upright RGB; of an animation its first picture.

    Raises:
        ValueError: no picture, a damaged one, or one larger than MAX_PIXELS.
        OSError: the file cannot be opened.
    """
    animated = _examined(path)
    try:
        rgb = read_image(path)
    except ValueError as error:
        raise ValueError(str(error).replace(str(path), path.name)) from error
    return Upload(path.name, rgb, f"{path.name} is animated: this is its first picture." if animated else "")


def _examined(path: Path) -> bool:
    """Whether a file is animated, by its header alone; ValueError when its picture is too large."""
    limit = f"expected a picture of at most {MAX_PIXELS // 10**6} megapixels, {path.name}"
    try:
        with Image.open(path) as image:
            megapixels = image.width * image.height / 1e6
            if megapixels * 1e6 > MAX_PIXELS:
                raise ValueError(f"{limit} has {megapixels:.0f}; make it smaller")
            return bool(getattr(image, "is_animated", False))
    except Image.DecompressionBombError as error:
        raise ValueError(f"{limit} is far larger; make it smaller") from error
    except UnidentifiedImageError:
        return False  # reading it says what is wrong
