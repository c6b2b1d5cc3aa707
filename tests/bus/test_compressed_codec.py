"""JPEG and PNG messages: as stored, and refused when damaged or too large."""

from __future__ import annotations

import contextlib
import struct

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from messages import header, new, reference

from hand_recon_ros.bus.compressed_codec import (
    COMPRESSED_IMAGE,
    coded_size,
    compressed_to_rgb,
    decode_compressed_image,
    encode_compressed_image,
)
from hand_recon_ros.types import ByteImage

HEIGHT, WIDTH = 40, 80
# An EXIF segment that says "turn by 90 degrees" (orientation 6).
TIFF = b"II*\0\x08\0\0\0" + struct.pack("<HHHIHHI", 1, 0x0112, 3, 1, 6, 0, 0)
EXIF = b"\xff\xe1" + struct.pack(">H", 8 + len(TIFF)) + b"Exif\0\0" + TIFF


def picture() -> ByteImage:
    v, u = np.mgrid[:HEIGHT, :WIDTH]
    return np.stack([2 * u, 5 * v, 255 - u - v], axis=2).astype(np.uint8)


def encoded(extension: str) -> bytes:
    return cv2.imencode(extension, cv2.cvtColor(picture(), cv2.COLOR_RGB2BGR))[1].tobytes()


def decode(data: bytes) -> ByteImage:
    return compressed_to_rgb(decode_compressed_image(encode_compressed_image(0, "camera", data)))


@given(
    st.binary(max_size=20), st.text("abc", max_size=9), st.sampled_from(["jpeg", "png", "bgr8; jpeg compressed bgr8"])
)
def test_message_equals_the_generic_codec_and_comes_back(data: bytes, frame_id: str, file_format: str) -> None:
    cdr = encode_compressed_image(2, frame_id, data, file_format)
    message = new(COMPRESSED_IMAGE, header=header(2, frame_id), format=file_format, data=np.frombuffer(data, np.uint8))
    assert cdr == reference(message, COMPRESSED_IMAGE)
    image = decode_compressed_image(cdr)
    assert (image.stamp_ns, image.frame_id, image.format, image.data.tobytes()) == (2, frame_id, file_format, data)


def test_png_is_exact_and_jpeg_close() -> None:
    np.testing.assert_array_equal(decode(encoded(".png")), picture())
    assert np.abs(decode(encoded(".jpg")).astype(int) - picture()).mean() < 3


def test_grey_files_become_rgb() -> None:
    grey = cv2.imencode(".png", picture()[..., 0])[1].tobytes()
    np.testing.assert_array_equal(decode(grey), np.repeat(picture()[..., :1], 3, axis=2))


def test_an_exif_orientation_does_not_turn_the_picture() -> None:
    plain = encoded(".jpg")
    turned = plain[:2] + EXIF + plain[2:]
    assert cv2.imdecode(np.frombuffer(turned, np.uint8), cv2.IMREAD_COLOR).shape == (WIDTH, HEIGHT, 3)
    np.testing.assert_array_equal(decode(turned), decode(plain))


@pytest.mark.parametrize("extension", [".jpg", ".png"])
@pytest.mark.parametrize("fraction", [0.0, 0.01, 0.5, 0.9])
def test_files_cut_short_are_refused(extension: str, fraction: float) -> None:
    data = encoded(extension)
    with pytest.raises(ValueError, match=r"cut short|expected a JPEG"):
        decode(data[: int(fraction * len(data))])


def test_bytes_after_the_end_of_a_jpeg_are_ignored() -> None:
    np.testing.assert_array_equal(decode(encoded(".jpg") + bytes(100)), decode(encoded(".jpg")))


def test_a_small_file_that_claims_a_huge_picture_is_refused() -> None:
    png = bytearray(encoded(".png"))
    png[16:24] = struct.pack(">II", 30000, 30000)
    with pytest.raises(ValueError, match="30000x30000"):
        decode(bytes(png))
    jpeg = encoded(".jpg")
    jpeg = jpeg.replace(struct.pack(">HH", HEIGHT, WIDTH), struct.pack(">HH", 60000, 60001), 1)
    assert coded_size(jpeg) == (60001, 60000)
    with pytest.raises(ValueError, match="60001x60000"):
        decode(jpeg)


def test_a_file_too_short_for_its_picture_is_refused() -> None:
    jpeg = encoded(".jpg").replace(struct.pack(">HH", HEIGHT, WIDTH), struct.pack(">HH", 8000, 8000), 1)
    png = bytearray(encoded(".png"))
    png[16:24] = struct.pack(">II", 8000, 8000)
    for file in (jpeg, bytes(png)):
        with pytest.raises(ValueError, match=r"says 64000000 pixels, its \d+ bytes hold at most"):
            decode(file)


@pytest.mark.parametrize("marker", [0x00, 0x01, 0xD0, 0xD8, 0xD9])
def test_a_marker_that_hides_the_true_size_from_us_is_refused(marker: int) -> None:
    jpeg = encoded(".jpg")
    decoy = struct.pack(">BBH", 0xFF, marker, 2)  # decoders skip two bytes here, a segment would be four or more
    with pytest.raises(ValueError, match="without one"):
        decode(jpeg[:2] + decoy + jpeg[2:])


def test_a_png_chunk_longer_than_its_file_is_refused() -> None:
    png = bytearray(encoded(".png"))
    end = png.rindex(b"IEND") - 4
    png[end:end] = struct.pack(">I", 0x7FFFFFF0) + b"tEXt"  # OpenCV would make room for two gigabytes
    with pytest.raises(ValueError, match="cut short"):
        decode(bytes(png))


@pytest.mark.parametrize("data", [b"", b"GIF89a" + bytes(40), b"\xff\xd8\xff", b"\xff\xd8\xff\xe0\0\0" * 20])
def test_other_data_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="expected a JPEG"):
        decode(data)


@settings(deadline=None)
@given(st.sampled_from([".jpg", ".png"]), st.data())
def test_a_damaged_file_is_a_value_error_or_a_picture(extension: str, data: st.DataObject) -> None:
    content = bytearray(encoded(extension))
    content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(ValueError):
        assert decode(bytes(content)).shape[2] == 3
