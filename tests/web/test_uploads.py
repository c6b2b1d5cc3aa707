"""Files as strangers send them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hand_recon_ros.web.uploads import MAX_PIXELS, read_upload


def saved(path: Path, size: tuple[int, int] = (40, 30), **options: object) -> Path:
    Image.new("RGB", size, (10, 200, 30)).save(path, **options)
    return path


def test_a_picture_comes_as_it_is_and_without_remark(tmp_path: Path) -> None:
    upload = read_upload(saved(tmp_path / "hand.png"))
    assert (upload.name, upload.remark) == ("hand.png", "")
    np.testing.assert_array_equal(upload.rgb, np.full((30, 40, 3), (10, 200, 30), np.uint8))


def test_of_an_animation_the_first_picture_is_used_and_that_is_said(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (40, 30), shade) for shade in ("black", "red")]
    frames[0].save(tmp_path / "wave.gif", save_all=True, append_images=frames[1:])
    upload = read_upload(tmp_path / "wave.gif")
    assert not upload.rgb.any()
    assert "animated" in upload.remark


def test_a_picture_of_200_megapixels_is_refused_by_its_header(tmp_path: Path) -> None:
    path = saved(tmp_path / "huge.png", (20_000, 10_000))
    assert path.stat().st_size < 2_000_000
    with pytest.raises(ValueError, match=r"at most 50 megapixels, huge\.png is far larger"):
        read_upload(path)


def test_a_picture_over_the_limit_is_refused_with_its_size(tmp_path: Path) -> None:
    width = MAX_PIXELS // 8000 + 1
    with pytest.raises(ValueError, match=r"at most 50 megapixels, large\.png has 50"):
        read_upload(saved(tmp_path / "large.png", (width, 8000)))


@pytest.mark.parametrize("content", [b"", b"words", b"\x89PNG\r\n\x1a\n" + bytes(40), b"GIF89a", b"<svg/>"])
def test_what_is_no_picture_is_called_by_its_name_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "notes.png"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"notes\.png") as refused:
        read_upload(path)
    assert str(tmp_path) not in str(refused.value)


def test_a_picture_cut_short_is_refused(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (90, 90, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / "whole.png")
    (tmp_path / "half.png").write_bytes((tmp_path / "whole.png").read_bytes()[:9000])
    with pytest.raises(ValueError, match=r"half\.png is damaged"):
        read_upload(tmp_path / "half.png")
