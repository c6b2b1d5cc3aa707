"""Overlay videos: complete or not there."""

from __future__ import annotations

import resource

import numpy as np
import pytest

from hand_recon_ros.render.film import Film
from hand_recon_ros.sources.video import Video


def picture(value, width=64, height=48):
    return np.full((height, width, 3), (value, 20, 40), np.uint8)


def read(path):
    with Video(path) as video:
        return video.fps, [frame.rgb for frame in video]


def test_pictures_come_back_in_order_and_colour(tmp_path):
    with Film(tmp_path / "film.mp4", 25.0) as film:
        for value in (50, 120, 190):
            film.write(picture(value))
    fps, frames = read(tmp_path / "film.mp4")
    assert fps == 25.0
    assert [round(frame[..., 0].mean() / 10) for frame in frames] == [5, 12, 19]
    assert all(frame[..., 2].mean() < 60 for frame in frames)


def test_it_appears_only_when_it_is_complete(tmp_path):
    with Film(tmp_path / "film.mp4", 25.0) as film:
        film.write(picture(9))
        assert not (tmp_path / "film.mp4").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["film.mp4"]


def test_an_error_keeps_the_pictures_so_far(tmp_path):
    with pytest.raises(KeyboardInterrupt), Film(tmp_path / "film.mp4", 25.0) as film:
        film.write(picture(9))
        film.write(picture(9))
        raise KeyboardInterrupt
    assert len(read(tmp_path / "film.mp4")[1]) == 2


def test_no_pictures_no_file(tmp_path):
    with Film(tmp_path / "film.mp4", 25.0):
        pass
    assert not list(tmp_path.iterdir())


def test_odd_sizes_lose_a_row_and_a_column(tmp_path):
    with Film(tmp_path / "film.mp4", 25.0) as film:
        film.write(picture(9, 65, 49))
    assert read(tmp_path / "film.mp4")[1][0].shape == (48, 64, 3)


def test_a_folder_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError), Film(tmp_path / "none" / "film.mp4", 25.0) as film:
        film.write(picture(9))


def test_a_full_disk_is_an_error_and_leaves_nothing(tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (20, 240, 320, 3), np.uint8)
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
    try:
        with pytest.raises(OSError, match="could not be completed"), Film(tmp_path / "film.mp4", 25.0) as film:
            for frame in noise:
                film.write(frame)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    assert not list(tmp_path.iterdir())
