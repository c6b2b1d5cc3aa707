"""Picture files of every ordinary kind, and of broken ones."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from hand_recon_ros.sources.images import image_files, read_image

RGB = np.random.default_rng(0).integers(0, 256, (12, 20, 3), np.uint8)


def saved(path, array_or_image, **options):
    image = array_or_image if isinstance(array_or_image, Image.Image) else Image.fromarray(array_or_image)
    image.save(path, **options)
    return path


@pytest.mark.parametrize("name", ["a.png", "a.bmp", "a.tif", "a.PNG", "a.ppm"])
def test_lossless_files_come_back_as_they_are(tmp_path, name):
    read = read_image(saved(tmp_path / name, RGB))
    assert read.dtype == np.uint8 and read.flags.c_contiguous and read.flags.writeable
    np.testing.assert_array_equal(read, RGB)


def test_grey_palette_and_transparent_pictures_become_rgb(tmp_path):
    grey = read_image(saved(tmp_path / "grey.png", RGB[..., 0]))
    np.testing.assert_array_equal(grey, np.repeat(RGB[..., :1], 3, axis=2))
    palette = Image.fromarray(RGB).quantize(8)
    np.testing.assert_array_equal(read_image(saved(tmp_path / "p.png", palette)), np.array(palette.convert("RGB")))
    alpha = np.dstack([RGB, np.arange(240, dtype=np.uint8).reshape(12, 20)])
    np.testing.assert_array_equal(read_image(saved(tmp_path / "alpha.png", alpha)), RGB)
    assert read_image(saved(tmp_path / "cmyk.jpg", Image.fromarray(RGB).convert("CMYK"))).shape == RGB.shape


def test_sixteen_bits_are_scaled_over_their_full_range(tmp_path):
    deep = np.array([[0, 128, 129, 32768, 65278, 65535]], np.uint16)
    read = read_image(saved(tmp_path / "deep.png", deep))
    np.testing.assert_array_equal(read[0, :, 0], [0, 0, 1, 128, 254, 255])
    np.testing.assert_array_equal(read[..., 0], read[..., 2])


@pytest.mark.parametrize(
    "orientation, turned", [(1, RGB), (3, RGB[::-1, ::-1]), (6, np.rot90(RGB, -1)), (8, np.rot90(RGB))]
)
def test_exif_rotation_is_applied(tmp_path, orientation, turned):
    exif = Image.Exif()
    exif[0x0112] = orientation
    np.testing.assert_array_equal(read_image(saved(tmp_path / "turned.png", RGB, exif=exif)), turned)


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp", "a.bmp"])
def test_truncated_files_are_refused_with_a_sentence(tmp_path, name):
    path = saved(tmp_path / name, np.tile(RGB, (8, 8, 1)))
    whole = path.read_bytes()
    for size in (len(whole) // 2, len(whole) * 9 // 10):
        path.write_bytes(whole[:size])
        with pytest.raises(ValueError, match=name):
            read_image(path)


@pytest.mark.parametrize("content", [b"", b"no picture at all", b"\x89PNG\r\n\x1a\n"])
def test_files_that_are_no_pictures_are_refused_with_a_sentence(tmp_path, content):
    (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(ValueError, match=r"expected a .*picture, .*a\.png"):
        read_image(tmp_path / "a.png")


@settings(max_examples=150, deadline=None)
@given(kind=st.sampled_from(["png", "jpeg", "webp", "bmp", "tiff"]), place=st.floats(0, 1), value=st.integers(0, 255))
def test_a_changed_byte_gives_a_picture_or_a_sentence(tmp_path_factory, kind, place, value):
    buffer = io.BytesIO()
    Image.fromarray(RGB).save(buffer, kind)
    content = bytearray(buffer.getvalue())
    content[min(int(place * len(content)), len(content) - 1)] = value
    path = tmp_path_factory.mktemp("changed") / "a"
    path.write_bytes(content)
    try:
        read = read_image(path)
        assert read.ndim == 3 and read.shape[2] == 3 and read.dtype == np.uint8
    except ValueError as error:
        assert str(path) in str(error)


def test_huge_pictures_are_refused_before_they_are_decoded(tmp_path):
    saved(tmp_path / "huge.png", Image.new("1", (15000, 15000)))
    with pytest.raises(ValueError, match="at most 178 megapixels"):
        read_image(tmp_path / "huge.png")


def test_values_without_a_fixed_range_are_refused(tmp_path):
    with pytest.raises(ValueError, match="floating-point"):
        read_image(saved(tmp_path / "f.tif", np.ones((4, 4), np.float32)))


def test_folders_give_their_pictures_by_name_and_files_come_as_named(tmp_path):
    for name in ("b.png", "a.JPG", "c.txt"):
        (tmp_path / name).touch()
    (tmp_path / "sub.png").mkdir()
    (tmp_path / "sub.png" / "z.png").touch()
    found = image_files([tmp_path / "b.png", tmp_path, tmp_path / "c.txt"])
    assert [path.name for path in found] == ["b.png", "a.JPG", "c.txt"]


def test_nothing_to_read_is_an_error(tmp_path):
    with pytest.raises(ValueError, match="found none"):
        image_files([tmp_path])
    with pytest.raises(ValueError, match="does not exist"):
        image_files([tmp_path / "none.png"])
    with pytest.raises(ValueError, match="got none"):
        image_files([])
