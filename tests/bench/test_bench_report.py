"""The report: text, data, pictures, and what happens to a part that fails."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import pytest

from hand_recon_ros.bench import plots
from hand_recon_ros.bench.bench import attempted, chosen, full_parts, quick_parts
from hand_recon_ros.bench.frame_cost import FRAMES, SCENES, measure
from hand_recon_ros.bench.plots import draw, need_matplotlib
from hand_recon_ros.bench.report import Curves, Part, Table, markdown, save, text
from hand_recon_ros.bench.scenes import clip, few_hands, many_hands
from hand_recon_ros.bench.stages import EVERY
from hand_recon_ros.bench.stages import measure as measure_stages

TABLE = Table("Times.", ("stage", "ms", "aim"), (("fit", 1.234, None), ("network", 123.4, "kept")))
CURVES = Curves("hands", "hands", "hands", "ms", (0, 1, 16), {"a": (1.0, 2.0, 3.0), "b": (0.5, 0.5, 0.5)}, stacked=True)


@pytest.mark.parametrize(
    ("cell", "expected"), [(None, ""), ("x", "x"), (3, "3"), (0.123, "0.12"), (12.34, "12.3"), (123.4, "123")]
)
def test_cells(cell, expected):
    assert text(cell) == expected


def test_a_part_as_markdown():
    lines = markdown(Part("stages", (TABLE,), (CURVES,))).splitlines()
    assert lines[0] == "## Stages"
    assert "| network | 123 | kept |" in lines
    assert "![hands](hands.png)" in lines


def test_the_report_holds_every_part_as_text_and_as_data(tmp_path: Path):
    save(tmp_path, Part("machine"), [Part("stages", (TABLE,), (CURVES,)), Part("live", problem="no network")])
    assert "Not measured: no network" in (tmp_path / "report.md").read_text()
    machine, stages, live = json.loads((tmp_path / "report.json").read_text())
    assert (machine["name"], live["problem"]) == ("machine", "no network")
    assert stages["tables"][0]["rows"][0] == ["fit", 1.234, None]
    assert stages["curves"][0]["lines"]["a"] == [1.0, 2.0, 3.0]


@pytest.mark.parametrize("x", [(0, 1, 16), ("VGA", "720p", "4K")])
def test_curves_become_a_picture(tmp_path: Path, x):
    path = draw(tmp_path, Curves("c", "title", "x", "ms", x, {"a": (1.0, 2.0, 3.0), "b": (2.0, 1.0, 2.0)}))
    picture = cv2.imread(str(path))
    assert picture.shape[1] > 600 and picture.std() > 5


def test_without_matplotlib_there_is_a_sentence(monkeypatch):
    monkeypatch.setattr(plots, "find_spec", lambda name: None)
    with pytest.raises(ImportError, match="pip install matplotlib"):
        need_matplotlib()


def test_a_part_that_fails_says_why():
    def fails() -> Part:
        raise RuntimeError("no network interface")

    assert attempted("live", fails) == Part("live", problem="no network interface")


def test_parts_keep_their_order_and_unknown_ones_are_told():
    assert chosen(full_parts(None), ["scaling", "frame"]) == ["frame", "scaling"]
    assert chosen(quick_parts(None), None) == list(quick_parts(None))
    with pytest.raises(ValueError, match=r"expected a part out of frame, .*, got wings"):
        chosen(full_parts(None), ["wings"])


def test_scenes_move_without_jumps_and_are_contiguous():
    frames = clip()
    steps = abs(frames[1:].astype(int) - frames[:-1]).mean(axis=(1, 2, 3))
    seam = abs(frames[0].astype(int) - frames[-1]).mean()
    assert seam <= steps.max()
    assert all(pictures[0].flags.c_contiguous for pictures in (few_hands(0, 2), few_hands(1, 2), many_hands([3], 2)))


def test_a_frame_is_measured_on_every_scene():
    found = measure(SCENES[0], 1, None)
    assert found.times["cpu"].wall.shape == (1, FRAMES)
    assert (found.times["cpu"].wall > 0).all() and found.found is None


def test_every_stage_of_a_tracked_hand_takes_time():
    found = measure_stages(SCENES[0], 1)
    assert tuple(found) == EVERY
    assert {stage for stage, times in found.items() if times.wall_ms > 0} >= {
        "decode",
        "crop",
        "hand network",
        "publish",
    }
    assert found["palm network"].wall_ms == 0
