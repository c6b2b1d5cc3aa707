"""Frames of whatever is named."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from hand_recon_ros.sources.frames import open_frames, with_camera
from hand_recon_ros.types import CameraModel


def write_pictures(folder: Path, sizes: list[tuple[int, int]]) -> None:
    for number, (width, height) in enumerate(sizes):
        cv2.imwrite(str(folder / f"{number}.png"), np.full((height, width, 3), 10 * number, np.uint8))


def test_a_folder_gives_its_pictures_at_a_rate(tmp_path: Path) -> None:
    write_pictures(tmp_path, [(64, 48)] * 3)
    frames = list(open_frames(str(tmp_path), rate_hz=5))
    assert [frame.rgb[0, 0, 0] for frame in frames] == [0, 10, 20]
    assert [frame.stamp_ns for frame in frames] == [1_000_000_000, 1_200_000_000, 1_400_000_000]


def test_a_video_gives_its_frames_in_time(tmp_path: Path) -> None:
    path = tmp_path / "v.avi"
    video = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 20.0, (64, 48))
    for k in range(3):
        video.write(np.full((48, 64, 3), 60 * k, np.uint8))
    video.release()
    frames = list(open_frames(str(path)))
    assert [frame.stamp_ns for frame in frames] == [1_000_000_000, 1_050_000_000, 1_100_000_000]


def test_intrinsics_follow_the_size_of_each_picture(tmp_path: Path) -> None:
    write_pictures(tmp_path, [(64, 48), (32, 24)])
    full = CameraModel(50, 50, 31.5, 23.5, 64, 48)
    large, small = with_camera(open_frames(str(tmp_path)), lambda rgb: full, frame_id="eye")
    assert large.camera == full and large.frame_id == "eye"
    assert small.camera == CameraModel(25, 25, 15.5, 11.5, 32, 24)


@pytest.mark.parametrize("name", ["missing.mp4", "missing.png", "empty"])
def test_what_is_not_there_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises((ValueError, OSError), match=name):
        list(open_frames(str(tmp_path / name)))
