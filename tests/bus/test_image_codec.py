"""Images: byte for byte what a generic codec writes, and the same picture from every encoding."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from messages import header, new, reference

from hand_recon_ros.bus.image_codec import (
    ENCODINGS,
    IMAGE,
    RawImage,
    decode_image,
    encode_image,
    image_to_depth,
    image_to_rgb,
)

HEIGHT, WIDTH = 24, 32
Bytes = npt.NDArray[np.uint8]


def picture() -> Bytes:
    """Smooth colours, which survive halved colour resolution and Bayer patterns."""
    v, u = np.mgrid[:HEIGHT, :WIDTH]
    return np.stack([60 + 4 * u, 200 - 3 * v, 90 + 2 * u + 2 * v], axis=2).astype(np.uint8)


def bayer(rgb: Bytes, order: str) -> Bytes:
    """The colour named by the order at each pixel of the 2x2 pattern, row by row."""
    mosaic = np.empty(rgb.shape[:2], np.uint8)
    for place, name in enumerate(order):
        rows, columns = slice(place // 2, None, 2), slice(place % 2, None, 2)
        mosaic[rows, columns] = rgb[rows, columns, "rgb".index(name)]
    return mosaic


def yuv(rgb: Bytes) -> tuple[npt.NDArray[np.float64], ...]:
    """BT.601 studio-range luma and chroma (ITU-R BT.601-7), full resolution."""
    r, g, b = np.moveaxis(rgb / 255.0, 2, 0)
    y = 0.299 * r + 0.587 * g + 0.114 * b
    return 16 + 219 * y, 128 + 112 * (b - y) / 0.886, 128 + 112 * (r - y) / 0.701


def stored(encoding: str) -> Bytes:
    """The bytes (rows, row bytes) of the picture in an encoding, little endian."""
    rgb = picture()
    name = encoding.rstrip("0123456789")
    if name.startswith("bayer"):
        samples = bayer(rgb, name.removeprefix("bayer_"))
    elif name.startswith("mono") or encoding == "8UC1":
        samples = rgb[..., 1]
    elif encoding in ("uyvy", "yuv422", "yuyv", "yuv422_yuy2"):
        y, u, v = (np.rint(plane).astype(np.uint8) for plane in yuv(rgb))
        chroma = np.where(np.arange(WIDTH) % 2 == 0, u, np.roll(v, 1, axis=1))
        pair = [chroma, y] if encoding in ("uyvy", "yuv422") else [y, chroma]
        samples = np.stack(pair, axis=2)
    elif name == "nv":
        y, u, v = (np.rint(plane).astype(np.uint8) for plane in yuv(rgb))
        if encoding == "nv24":
            return np.concatenate([y, np.stack([u, v], axis=2).reshape(2 * HEIGHT, WIDTH)])
        pair = [u, v] if encoding == "nv12" else [v, u]
        return np.concatenate([y, np.stack(pair, axis=2)[::2, ::2].reshape(HEIGHT // 2, WIDTH)])
    else:
        order = {"8UC": "bgra"}.get(name, name)[: 4 if encoding[-1] == "4" or "a" in name else 3]
        planes = {"r": rgb[..., 0], "g": rgb[..., 1], "b": rgb[..., 2], "a": np.full((HEIGHT, WIDTH), 9, np.uint8)}
        samples = np.stack([planes[c] for c in order], axis=2)
    if encoding.endswith("16"):
        samples = samples.astype("<u2") * 256 + 17
    return np.ascontiguousarray(samples).reshape(HEIGHT, -1).view(np.uint8)


def raw(encoding: str, rows: Bytes, padding: int = 0, big_endian: bool = False) -> RawImage:
    if padding:
        rows = np.pad(rows, ((0, 0), (0, padding)), constant_values=77)
    step = rows.shape[1]
    return RawImage(0, "camera", HEIGHT, WIDTH, encoding, big_endian, step, np.ascontiguousarray(rows).reshape(-1))


@settings(deadline=None)
@given(
    st.integers(1, 9),
    st.integers(1, 9),
    st.sampled_from(["rgb8", "mono8", "16UC1", "32FC1"]),
    st.text("abc", max_size=9),
)
def test_image_equals_the_generic_codec_and_comes_back(height: int, width: int, encoding: str, frame_id: str) -> None:
    dtype = {"16UC1": np.uint16, "32FC1": np.float32}.get(encoding, np.uint8)
    shape = (height, width, 3) if encoding == "rgb8" else (height, width)
    pixels = np.random.default_rng(0).integers(0, 200, shape).astype(dtype)
    cdr = encode_image(3_000_000_004, frame_id, pixels, encoding)
    step = pixels.nbytes // height
    fields: dict[str, Any] = {"height": height, "width": width, "encoding": encoding, "is_bigendian": 0, "step": step}
    message = new(IMAGE, header=header(3_000_000_004, frame_id), data=pixels.reshape(-1).view(np.uint8), **fields)
    assert cdr == reference(message, IMAGE)
    image = decode_image(cdr)
    assert (image.stamp_ns, image.frame_id, image.encoding) == (3_000_000_004, frame_id, encoding)
    np.testing.assert_array_equal(image.data.view(dtype).reshape(shape), pixels)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_every_encoding_gives_the_same_picture(encoding: str) -> None:
    rgb = image_to_rgb(raw(encoding, stored(encoding)))
    assert rgb.shape == (HEIGHT, WIDTH, 3)
    assert rgb.dtype == np.uint8
    expected = picture()
    if encoding.startswith("mono") or encoding == "8UC1":
        expected = np.repeat(expected[..., 1:2], 3, axis=2)
    exact = not encoding.startswith(("bayer", "yuv", "uyvy", "yuyv", "nv"))
    inner = slice(2, -2)
    error = np.abs(rgb.astype(int) - expected)[inner, inner].max()
    assert error == 0 if exact else error <= 9


@pytest.mark.parametrize("encoding", [e for e in ENCODINGS if e != "nv24"])
def test_row_padding_is_left_out(encoding: str) -> None:
    rows = stored(encoding)
    np.testing.assert_array_equal(image_to_rgb(raw(encoding, rows, padding=6)), image_to_rgb(raw(encoding, rows)))


@pytest.mark.parametrize("encoding", ["mono16", "rgb16", "bgra16", "bayer_rggb16"])
def test_big_endian_samples_are_swapped(encoding: str) -> None:
    rows = stored(encoding)
    swapped = np.ascontiguousarray(rows.view("<u2").astype(">u2")).view(np.uint8)
    np.testing.assert_array_equal(
        image_to_rgb(raw(encoding, swapped, big_endian=True)), image_to_rgb(raw(encoding, rows))
    )


def test_rgb_is_a_view_of_the_message() -> None:
    cdr = encode_image(0, "", picture())
    image = image_to_rgb(decode_image(cdr))
    before = int(image[0, 0, 0])
    cdr[cdr.index(picture().tobytes())] ^= 1
    assert image[0, 0, 0] == before ^ 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"encoding": "theora"}, "expected an image encoding out of"),
        ({"encoding": ""}, "expected an image encoding"),
        ({"step": 3 * WIDTH - 1}, "row step"),
        ({"step": 0}, "row step"),
        ({"step": 2**31}, "bytes of 'rgb8' image data"),
        ({"data": np.zeros(3 * WIDTH * HEIGHT - 1, np.uint8)}, "bytes of 'rgb8' image data"),
        ({"data": np.zeros(0, np.uint8)}, "bytes of 'rgb8' image data"),
        ({"encoding": "nv12", "height": 3}, "even sides"),
        ({"encoding": "uyvy", "width": 31}, "even width"),
    ],
)
def test_images_that_do_not_fit_are_refused(change: dict[str, Any], message: str) -> None:
    fields = {**vars(raw("rgb8", stored("rgb8"))), **change}
    with pytest.raises(ValueError, match=message):
        image_to_rgb(RawImage(**fields))


@pytest.mark.parametrize(("height", "width"), [(0, 4), (4, 0), (20000, 4), (16000, 16000)])
def test_sizes_no_camera_has_are_refused(height: int, width: int) -> None:
    cdr = encode_image(0, "", np.zeros((1, 1, 3), np.uint8))
    position = 4 + 8 + 8  # encapsulation, stamp, empty frame_id with padding
    cdr[position : position + 8] = np.array([height, width], "<u4").tobytes()
    with pytest.raises(ValueError, match="pixels a side"):
        decode_image(cdr)


@settings(deadline=None)
@given(st.data())
def test_a_damaged_image_is_a_value_error_or_a_picture(data: st.DataObject) -> None:
    cdr = encode_image(0, "camera", picture())
    for _ in range(data.draw(st.integers(1, 4))):
        cdr[data.draw(st.integers(0, 60))] = data.draw(st.integers(0, 255))
    try:
        rgb = image_to_rgb(decode_image(cdr[: data.draw(st.integers(0, len(cdr)))]))
    except ValueError:
        return
    assert rgb.ndim == 3


def test_depth_is_metres_with_nan_for_no_measurement() -> None:
    millimetres = np.array([[0, 500], [1234, 65535]], "<u2")
    metres = np.array([[np.nan, 0.5], [-1.0, np.inf]], "<f4")
    for encoding, pixels, expected in (
        ("16UC1", millimetres, [[np.nan, 0.5], [1.234, 65.535]]),
        ("mono16", millimetres, [[np.nan, 0.5], [1.234, 65.535]]),
        ("32FC1", metres, [[np.nan, 0.5], [np.nan, np.nan]]),
    ):
        depth = image_to_depth(decode_image(encode_image(0, "", pixels, encoding)))
        assert depth.dtype == np.float32
        np.testing.assert_allclose(depth, expected, rtol=1e-6)


def test_depth_of_a_colour_image_is_refused() -> None:
    with pytest.raises(ValueError, match="depth encoding"):
        image_to_depth(raw("rgb8", stored("rgb8")))
