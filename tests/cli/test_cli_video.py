"""`hand-recon video` and `hand-recon webcam`."""

from __future__ import annotations

import numpy as np

from hand_recon_ros.results import read_results
from hand_recon_ros.sources.video import Video
from hand_recon_ros.types import Frame

DEFAULTS = {"model": "default", "mano": None, "random_weights": False, "device": "auto", "max_hands": 4}


def frames_of(path):
    with Video(path) as video:
        return video.fps, [frame.rgb for frame in video]


def test_a_video_becomes_an_overlay_and_a_line_for_each_frame(hand_recon, stand_in, clip, tmp_path):
    done = hand_recon("video", clip, "--out", tmp_path / "out")
    assert (done.code, done.out.split(";")[0]) == (0, "20 frames, 0 broken")
    records = list(read_results(tmp_path / "out" / "results.jsonl"))
    assert [record["stamp_ns"] for record in records] == [80_000_000 * k for k in range(20)]
    assert records[7]["source"] == f"{clip}#7"
    fps, frames = frames_of(tmp_path / "out" / "overlay.mp4")
    assert (fps, len(frames), frames[0].shape) == (12.5, 20, (48, 64, 3))
    assert stand_in.options.pop("smoothing") is None
    assert stand_in.options == DEFAULTS | {"tracking": True}


def test_motion_is_smoothed_on_request(hand_recon, stand_in, clip, tmp_path):
    assert hand_recon("video", clip, "--out", tmp_path / "out", "--smooth").code == 0
    assert stand_in.options["smoothing"] is not None


def test_ctrl_c_keeps_a_playable_overlay_of_the_frames_so_far(hand_recon, stand_in, clip, tmp_path):
    stand_in.stop_at = 8
    assert hand_recon("video", clip, "--out", tmp_path / "out").code == 130
    assert len(list(read_results(tmp_path / "out" / "results.jsonl"))) == 8
    assert len(frames_of(tmp_path / "out" / "overlay.mp4")[1]) == 8
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["overlay.mp4", "results.jsonl"]


def test_frames_that_cannot_be_decoded_are_counted(hand_recon, stand_in, clip, tmp_path):
    clip.write_bytes(clip.read_bytes()[: clip.stat().st_size * 2 // 3])
    done = hand_recon("video", clip, "--out", tmp_path / "out")
    assert done.code == 1
    count = len(list(read_results(tmp_path / "out" / "results.jsonl")))
    assert 5 < count < 20
    assert f"{count} frames, {20 - count} broken" in done.out


def test_a_file_that_is_no_video_is_one_sentence(hand_recon, stand_in, tmp_path):
    (tmp_path / "a.mp4").write_bytes(b"no video")
    done = hand_recon("video", tmp_path / "a.mp4", "--out", tmp_path / "out")
    assert done.code == 1
    assert "expected a video" in done.err and done.err.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_a_webcam_is_filmed_by_the_clock(hand_recon, stand_in, tmp_path, monkeypatch):
    """Three pictures in one second: the film, 15 Hz, lasts about as long, and the end of the camera is an error."""
    stamps = [5_000_000_000, 5_400_000_000, 6_000_000_000]
    shots = [Frame(np.full((48, 64, 3), 99, np.uint8), stamp) for stamp in stamps]
    monkeypatch.setattr("hand_recon_ros.sources.video.webcam_frames", lambda index: iter(shots))
    done = hand_recon("webcam", 3, "--out", tmp_path / "out")
    assert done.code == 1 and "camera 3 stopped" in done.err
    assert "right" in done.err and "7" in done.err, "the live table"
    records = list(read_results(tmp_path / "out" / "results.jsonl"))
    assert [record["stamp_ns"] for record in records] == stamps
    assert [record["source"] for record in records] == ["webcam#0", "webcam#1", "webcam#2"]
    fps, frames = frames_of(tmp_path / "out" / "overlay.mp4")
    assert (fps, len(frames)) == (15.0, 16)


def test_a_webcam_that_is_not_there_is_one_sentence_and_leaves_no_film(hand_recon, stand_in, tmp_path):
    done = hand_recon("webcam", 97, "--out", tmp_path / "out")
    assert done.code == 1
    assert "camera with index 97" in done.err.splitlines()[-1]
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["results.jsonl"]
