"""sensor_msgs/CompressedImage: encode, and decode JPEG or PNG to RGB.

The size is read from the file header before any pixel is decoded, so that a small message cannot ask for much memory.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from hand_recon_ros.bus.cdr import CdrReader, CdrWriter, read_header, time_of
from hand_recon_ros.bus.image_codec import check_size, converted
from hand_recon_ros.bus.interface import Cdr
from hand_recon_ros.types import ByteImage

COMPRESSED_IMAGE = "sensor_msgs/msg/CompressedImage"
PNG_START = b"\x89PNG\r\n\x1a\n"
PNG_CHUNK_FRAME = 12  # length, kind and checksum
JPEG_START = b"\xff\xd8\xff"
JPEG_END = b"\xff\xd9"
# Start-of-frame markers hold the size; C4, C8 and CC in that range mean something else (ITU-T T.81, table B.1).
JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
# Markers that stand alone have no place before the frame; decoders skip them, each in its own way.
JPEG_ALONE = frozenset((0x00, 0x01, *range(0xD0, 0xDA)))
# A JPEG block of 64 pixels takes a bit at least; deflate packs 1032 bytes into one, of 8 pixels each at most.
PIXELS_PER_BYTE = {JPEG_START: 8 * 64, PNG_START: 1032 * 8}
# cv2.imread would turn the picture by its EXIF tag, and the intrinsics would no longer fit.
READ_AS_STORED = cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION


@dataclass(frozen=True)
class CompressedImage:
    """A sensor_msgs/CompressedImage; data is a flat uint8 view into the message."""

    stamp_ns: int
    frame_id: str
    format: str
    data: npt.NDArray[np.uint8]


def encode_compressed_image(stamp_ns: int, frame_id: str, data: bytes, file_format: str = "jpeg") -> bytearray:
    """CDR of a JPEG or PNG file's bytes."""
    writer = CdrWriter()
    writer.pack("iI", *time_of(stamp_ns))
    writer.string(frame_id)
    writer.string(file_format)
    writer.sequence(np.frombuffer(data, np.uint8), np.uint8)
    return writer.finish()


def decode_compressed_image(cdr: Cdr) -> CompressedImage:
    """Fields of a CompressedImage message, its file bytes as a view; ValueError for a message cut short."""
    reader = CdrReader(cdr)
    stamp_ns, frame_id = read_header(reader)
    return CompressedImage(stamp_ns, frame_id, reader.string(), reader.sequence(np.uint8))


def compressed_to_rgb(image: CompressedImage) -> ByteImage:
    """RGB picture (H, W, 3) uint8, as stored: an EXIF orientation is not applied.

    The kind of file is taken from the bytes, not from the free text in `format`.

    Raises:
        ValueError: data that is empty, cut short, neither JPEG nor PNG, or too large.
    """
    data = image.data.tobytes()
    width, height = coded_size(data)
    check_size(width, height)
    _check_room(data, width * height)
    if not _complete(data):
        raise ValueError(f"compressed image is cut short: {len(data)} bytes without an end marker")
    try:
        picture = cv2.imdecode(image.data, READ_AS_STORED)
    except cv2.error as error:
        raise ValueError(f"compressed image cannot be decoded: {error.err}") from error
    if picture is None:
        raise ValueError(f"compressed image of {len(data)} bytes cannot be decoded")
    return converted(np.asarray(picture, np.uint8), cv2.COLOR_BGR2RGB)


def _check_room(data: bytes, pixels: int) -> None:
    """Refuse a file that is too short for its picture: decoders would fill in the rest, at full length and cost."""
    held = next(rate for start, rate in PIXELS_PER_BYTE.items() if data.startswith(start)) * len(data)
    if pixels > held:
        raise ValueError(f"compressed image says {pixels} pixels, its {len(data)} bytes hold at most {held}")


def coded_size(data: bytes) -> tuple[int, int]:
    """Width and height in the header of a PNG or JPEG file; ValueError when it is neither."""
    if data.startswith(PNG_START) and len(data) >= 24:
        return int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")
    if data.startswith(JPEG_START):
        return _jpeg_size(data)
    raise ValueError(f"expected a JPEG or PNG file as compressed image, got {len(data)} bytes starting {data[:8]!r}")


def _jpeg_size(data: bytes) -> tuple[int, int]:
    position = 2
    while position + 9 <= len(data) and data[position] == 0xFF:
        marker = data[position + 1]
        if marker in JPEG_FRAMES:
            height, width = data[position + 5 : position + 7], data[position + 7 : position + 9]
            return int.from_bytes(width, "big"), int.from_bytes(height, "big")
        if marker in JPEG_ALONE:
            break
        # A fill byte stands alone, every other segment before the frame states its length.
        position += 1 if marker == 0xFF else 2 + int.from_bytes(data[position + 2 : position + 4], "big")
    raise ValueError(f"expected a JPEG file with a frame header, got {len(data)} bytes without one")


def _complete(data: bytes) -> bool:
    # Truncated files are decoded to partly grey pictures by some versions of OpenCV.
    return _png_is_whole(data) if data.startswith(PNG_START) else data.rfind(JPEG_END, len(data) // 2) >= 0


def _png_is_whole(data: bytes) -> bool:
    """Whether the chunks of a PNG file, which OpenCV believes to be as long as they say, lie in it up to the last."""
    position = len(PNG_START)
    while position + PNG_CHUNK_FRAME <= len(data):
        length, kind = int.from_bytes(data[position : position + 4], "big"), data[position + 4 : position + 8]
        position += PNG_CHUNK_FRAME + length
        if kind == b"IEND":
            return position <= len(data)
    return False
