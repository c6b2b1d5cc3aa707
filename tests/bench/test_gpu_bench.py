"""The GPU part's code, on a CPU: what it measures there means nothing, but it runs."""

import pytest

from hand_recon_ros.bench import gpu
from hand_recon_ros.bench.bench import attempted
from hand_recon_ros.bench.report import table_lines
from hand_recon_ros.runtime.device import cuda_device_count


@pytest.mark.skipif(cuda_device_count() > 0, reason="there is a CUDA device")
def test_without_a_device_the_part_says_so():
    assert "no CUDA device here" in attempted("gpu", lambda: gpu.gpu(1)).problem


def test_frames_are_timed_one_by_one():
    times = gpu.frame_times(gpu.Scene("VGA", 2, 1), "cpu", "float32", rounds=1, frames=3)
    assert len(times) == 4 and min(times) > 0


def test_a_scene_with_too_few_hands_is_refused(monkeypatch):
    monkeypatch.setattr(gpu, "few_hands", lambda hands, frames: gpu.cut_to(FEW(0, frames), 640, 480))
    with pytest.raises(RuntimeError, match="expected 1 hands to measure, found 0"):
        gpu.frame_times(gpu.Scene("VGA", 1, 1), "cpu", "float32", rounds=0, frames=2)


FEW = gpu.few_hands


@pytest.mark.parametrize(
    ("scene", "times", "verdict"),
    [
        (gpu.Scene("1080p", 1, 2, 2.5, 4.0), [2.0] * 99 + [9.0], "median 2.5 kept; p95 4 kept"),
        (gpu.Scene("1080p", 1, 2, 2.5, 4.0), [3.0] * 90 + [9.0] * 10, "median 2.5 missed; p95 4 missed"),
        (gpu.Scene("VGA", 8, 2, least_rate=240), [20.0] * 9, "frames/s 240 kept"),
        (gpu.Scene("VGA", 8, 2, least_rate=240), [50.0] * 9, "frames/s 240 missed"),
        (gpu.Scene("VGA", 1, 1), [1.0], None),
    ],
)
def test_aims_are_kept_or_missed(scene, times, verdict):
    assert gpu.frame_row(scene, "float32", times)[-1] == verdict


def test_every_stage_has_a_row():
    stages = {"float32": gpu.stage_times("cpu", "float32", (1, 2), repeats=1)}
    lines = table_lines(gpu.stage_table(stages))
    assert lines[0] == "| stage | float32, batch 1 | float32, batch 2 |"
    assert [line.split(" | ")[0] for line in lines[2:]] == ["| detect", "| look", "| fit", "| go on", "| mesh"]
