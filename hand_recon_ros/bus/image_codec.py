"""sensor_msgs/Image: encode, and decode to RGB or to depth in metres.

Encodings are those of sensor_msgs/image_encodings.hpp. OpenCV names Bayer patterns one pixel shifted, so ROS rggb is
its BG. The unnamed orders (8UC3, 8UC4) are taken as OpenCV's own, blue first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from hand_recon_ros.bus.cdr import CdrReader, CdrWriter, read_header, time_of
from hand_recon_ros.bus.interface import Cdr
from hand_recon_ros.types import ByteImage, FloatArray

IMAGE = "sensor_msgs/msg/Image"
MAX_SIDE = 16384
MAX_PIXELS = 64_000_000
MAX_DEPTH_M = 1000.0


class Layout(NamedTuple):
    """How one encoding stores a pixel, and OpenCV's conversion of it to RGB (None: it is RGB)."""

    dtype: str
    channels: int
    to_rgb: int | None


_CHANNELS = {
    "rgb8": Layout("u1", 3, None),
    "bgr8": Layout("u1", 3, cv2.COLOR_BGR2RGB),
    "8UC3": Layout("u1", 3, cv2.COLOR_BGR2RGB),
    "rgba8": Layout("u1", 4, cv2.COLOR_RGBA2RGB),
    "bgra8": Layout("u1", 4, cv2.COLOR_BGRA2RGB),
    "8UC4": Layout("u1", 4, cv2.COLOR_BGRA2RGB),
    "mono8": Layout("u1", 1, cv2.COLOR_GRAY2RGB),
    "8UC1": Layout("u1", 1, cv2.COLOR_GRAY2RGB),
    "mono16": Layout("u2", 1, cv2.COLOR_GRAY2RGB),
    "rgb16": Layout("u2", 3, None),
    "bgr16": Layout("u2", 3, cv2.COLOR_BGR2RGB),
    "rgba16": Layout("u2", 4, cv2.COLOR_RGBA2RGB),
    "bgra16": Layout("u2", 4, cv2.COLOR_BGRA2RGB),
    "uyvy": Layout("u1", 2, cv2.COLOR_YUV2RGB_UYVY),
    "yuv422": Layout("u1", 2, cv2.COLOR_YUV2RGB_UYVY),
    "yuyv": Layout("u1", 2, cv2.COLOR_YUV2RGB_YUY2),
    "yuv422_yuy2": Layout("u1", 2, cv2.COLOR_YUV2RGB_YUY2),
}
_BAYER = {
    f"bayer_{order}{bits}": Layout(f"u{bits // 8}", 1, code)
    for bits in (8, 16)
    for order, code in (
        ("rggb", cv2.COLOR_BayerBG2RGB),
        ("bggr", cv2.COLOR_BayerRG2RGB),
        ("gbrg", cv2.COLOR_BayerGR2RGB),
        ("grbg", cv2.COLOR_BayerGB2RGB),
    )
}
_PLANES = {"nv12": cv2.COLOR_YUV2RGB_NV12, "nv21": cv2.COLOR_YUV2RGB_NV21, "nv24": cv2.COLOR_YUV2RGB_NV12}
_PACKED = _CHANNELS | _BAYER
_DEPTH = {"16UC1": Layout("u2", 1, None), "mono16": Layout("u2", 1, None), "32FC1": Layout("f4", 1, None)}
ENCODINGS = (*_PACKED, *_PLANES)
DEPTH_ENCODINGS = tuple(_DEPTH)


@dataclass(frozen=True)
class RawImage:
    """A sensor_msgs/Image; data is a flat uint8 view into the message."""

    stamp_ns: int
    frame_id: str
    height: int
    width: int
    encoding: str
    big_endian: bool
    step: int
    data: npt.NDArray[np.uint8]


def encode_image(stamp_ns: int, frame_id: str, image: npt.NDArray[Any], encoding: str = "rgb8") -> bytearray:
    """CDR of an image whose rows are contiguous: (H, W) or (H, W, C) of the encoding's own type."""
    height, width = image.shape[:2]
    writer = CdrWriter()
    writer.pack("iI", *time_of(stamp_ns))
    writer.string(frame_id)
    writer.pack("II", height, width)
    writer.string(encoding)
    writer.pack("BI", 0, image.nbytes // height)
    writer.sequence(np.ascontiguousarray(image).reshape(-1).view(np.uint8), np.uint8)
    return writer.finish()


def decode_image(cdr: Cdr) -> RawImage:
    """Fields of an Image message, its pixels as a view.

    Raises:
        ValueError: a message cut short, or a size of zero or beyond 64 million pixels.
    """
    reader = CdrReader(cdr)
    stamp_ns, frame_id = read_header(reader)
    height, width = reader.unpack("II")
    encoding = reader.string()
    big_endian, step = reader.unpack("BI")
    data = reader.sequence(np.uint8)
    check_size(width, height)
    return RawImage(stamp_ns, frame_id, height, width, encoding, bool(big_endian), step, data)


def check_size(width: int, height: int) -> None:
    """Refuse pictures without pixels, and those too large to come from a camera (they would exhaust memory)."""
    if not (0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE and width * height <= MAX_PIXELS):
        raise ValueError(
            f"expected an image of 1 to {MAX_SIDE} pixels a side and at most {MAX_PIXELS} in all, got {width}x{height}"
        )


def image_to_rgb(image: RawImage) -> ByteImage:
    """RGB picture (H, W, 3) uint8 of any encoding in `ENCODINGS`; for rgb8 a view without a copy.

    16-bit samples keep their upper eight bits.

    Raises:
        ValueError: an unknown encoding, or a row step or data size that does not fit the picture.
    """
    if image.encoding in _PLANES:
        return _planes_to_rgb(image)
    if image.encoding not in _PACKED:
        raise ValueError(
            f"expected an image encoding out of {', '.join(ENCODINGS)}, got {image.encoding!r}; "
            "convert the image or choose another camera mode"
        )
    layout = _PACKED[image.encoding]
    pixels = _pixels(image, layout)
    if pixels.dtype != np.uint8:
        pixels = (pixels >> 8).astype(np.uint8)
    if layout.to_rgb is None:
        return pixels
    if layout.channels == 2 and image.width % 2:
        raise ValueError(f"expected an even width for encoding {image.encoding!r}, got {image.width}")
    return converted(pixels, layout.to_rgb)


def image_to_depth(image: RawImage) -> FloatArray:
    """Depth (H, W) in metres: 16UC1 and mono16 hold millimetres, 32FC1 metres; NaN where there is none.

    Raises:
        ValueError: another encoding, or a row step or data size that does not fit the picture.
    """
    if image.encoding not in _DEPTH:
        raise ValueError(f"expected a depth encoding out of {', '.join(_DEPTH)}, got {image.encoding!r}")
    pixels = _pixels(image, _DEPTH[image.encoding])
    with np.errstate(invalid="ignore"):  # of signalling NaNs, which a message may hold
        metres = pixels.astype(np.float32) * np.float32(1.0 if image.encoding == "32FC1" else 0.001)
    metres[~((metres > 0) & (metres < MAX_DEPTH_M))] = np.nan
    return metres


def converted(pixels: npt.NDArray[np.uint8], code: int) -> ByteImage:
    """OpenCV's colour conversion of 8-bit pixels."""
    return np.asarray(cv2.cvtColor(pixels, code), np.uint8)


def _pixels(image: RawImage, layout: Layout) -> npt.NDArray[Any]:
    """View (H, W) or (H, W, C) of the pixels in native byte order, row padding left out."""
    dtype = np.dtype(layout.dtype).newbyteorder(">" if image.big_endian else "<")
    row_bytes = image.width * layout.channels * dtype.itemsize
    rows = _rows(image, image.height, image.step, row_bytes)
    pixels = rows.view(dtype).reshape(image.height, image.width, -1)
    pixels = pixels[..., 0] if layout.channels == 1 else pixels
    return pixels.astype(dtype.newbyteorder("="), copy=False)


def _planes_to_rgb(image: RawImage) -> ByteImage:
    """A full luma plane followed by interleaved chroma, a quarter of the pixels or (nv24) all of them."""
    height, width = image.height, image.width
    if height % 2 or width % 2:
        raise ValueError(f"expected even sides for encoding {image.encoding!r}, got {width}x{height}")
    if image.encoding == "nv24":
        rows = _rows(image, 3 * height, image.step, max(image.step, width))
        chroma = rows[height:].reshape(height, -1)[:, : 2 * width].reshape(height, width, 2)
        # OpenCV reads chroma for a quarter of the pixels only; finer colour does not matter for finding hands.
        rows = np.concatenate([rows[:height, :width], chroma[::2, ::2].reshape(height // 2, width)])
    else:
        rows = _rows(image, height * 3 // 2, image.step, width)
    return converted(np.ascontiguousarray(rows), _PLANES[image.encoding])


def _rows(image: RawImage, count: int, step: int, row_bytes: int) -> npt.NDArray[np.uint8]:
    """View (count, row_bytes) of the data; the padding of the last row may be missing."""
    if step < row_bytes:
        raise ValueError(
            f"expected a row step of at least {row_bytes} bytes for {image.width} pixels of {image.encoding!r}, "
            f"got {step}"
        )
    needed = step * (count - 1) + row_bytes
    if len(image.data) < needed:
        raise ValueError(f"expected {needed} bytes of {image.encoding!r} image data, got {len(image.data)}")
    return np.lib.stride_tricks.as_strided(image.data, (count, row_bytes), (step, 1), writeable=False)
