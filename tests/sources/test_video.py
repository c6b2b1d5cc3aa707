"""Frames of video files, whole and damaged, and of webcams that are not there."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from hand_recon_ros.sources.video import Video, webcam_frames


@pytest.fixture
def clip(tmp_path):
    """A file of 20 red frames, 64x48 at 12.5 Hz."""
    path = tmp_path / "clip.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 12.5, (64, 48))
    for _ in range(20):
        writer.write(np.full((48, 64, 3), (0, 0, 250), np.uint8))
    writer.release()
    return path


def test_frames_are_rgb_with_the_containers_times(clip):
    with Video(clip) as video:
        assert (video.length, video.fps) == (20, 12.5)
        frames = list(video)
    assert [frame.stamp_ns for frame in frames] == [80_000_000 * k for k in range(20)]
    assert frames[0].rgb.shape == (48, 64, 3)
    red, green, blue = frames[0].rgb.mean(axis=(0, 1))
    assert red > 240 and green < 10 and blue < 10
    assert video.broken == 0


def test_a_video_that_ends_midway_gives_its_whole_frames_and_counts_the_rest(clip):
    clip.write_bytes(clip.read_bytes()[: clip.stat().st_size * 2 // 3])
    with Video(clip) as video:
        frames = list(video)
    assert 5 < len(frames) < 20
    assert len(frames) + video.broken == 20
    assert (np.diff([frame.stamp_ns for frame in frames]) > 0).all()


@pytest.mark.parametrize("content", [b"", b"no video at all"])
def test_files_that_are_no_videos_are_refused_with_a_sentence(tmp_path, content):
    (tmp_path / "a.mp4").write_bytes(content)
    with pytest.raises(ValueError, match=r"expected a video, .*a\.mp4"):
        Video(tmp_path / "a.mp4")
    with pytest.raises(FileNotFoundError):
        Video(tmp_path / "none.mp4")


def test_times_that_stand_still_are_replaced_by_the_frame_rate(clip, monkeypatch):
    with Video(clip) as video:
        real = video._capture

        class Stuck:
            def __getattr__(self, name):
                return getattr(real, name)

            def get(self, what):
                return 40.0 if what == cv2.CAP_PROP_POS_MSEC else real.get(what)

        monkeypatch.setattr(video, "_capture", Stuck())
        assert [frame.stamp_ns for frame in video][:3] == [40_000_000, 120_000_000, 200_000_000]


def test_a_webcam_that_is_not_there_is_refused_with_a_sentence():
    with pytest.raises(ValueError, match="camera with index 97"):
        next(webcam_frames(97))
