"""What is shown and kept of a picture."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import trimesh

from hand_recon_ros.types import CameraModel, HandFrame
from hand_recon_ros.web.results import (
    HAND_COLUMNS,
    JOINT_COLUMNS,
    draw_shown,
    hand_rows,
    joint_rows,
    save_results,
    summary,
    viewing_distance,
)

NOBODY = HandFrame((), CameraModel(300, 300, 159.5, 119.5, 320, 240))


def test_the_files_of_a_picture_hold_its_hands(two_hands: HandFrame, tmp_path: Path) -> None:
    files = save_results(tmp_path, "mine.jpg", np.zeros((240, 320, 3), np.uint8), two_hands)
    assert files.glb and files.obj
    assert files.json.name == "mine.json" and json.loads(files.json.read_text())["source"] == "mine.jpg"
    assert [len(mesh.vertices) for mesh in trimesh.load(files.glb).geometry.values()] == [778, 778]
    assert files.obj.read_text().count("\no ") == 2
    assert cv2.imread(str(files.overlay)).any()


def test_a_picture_without_hands_has_no_meshes(tmp_path: Path) -> None:
    files = save_results(tmp_path, "empty.png", np.zeros((240, 320, 3), np.uint8), NOBODY)
    assert files.glb is None and files.obj is None
    assert json.loads(files.json.read_text())["hands"] == []
    assert "No hand found" in summary(NOBODY) and "a tenth" in summary(NOBODY)


@pytest.mark.parametrize("size", [(3200, 2400), (640, 480), (5000, 7), (7, 5000)])
def test_the_overlay_is_bounded_whatever_the_picture(size: tuple[int, int]) -> None:
    width, height = size
    frame = replace(NOBODY, camera=CameraModel(900, 900, width / 2, height / 2, width, height))
    shown = draw_shown(np.zeros((height, width, 3), np.uint8), frame)
    assert max(shown.shape) == min(1600, max(size)) and min(shown.shape[:2]) >= 1


def test_tables_have_a_row_for_each_hand_and_each_joint(two_hands: HandFrame) -> None:
    assert [len(row) for row in hand_rows(two_hands)] == [len(HAND_COLUMNS)] * 2
    rows = joint_rows(two_hands)
    assert [len(row) for row in rows] == [len(JOINT_COLUMNS)] * 42
    assert rows[0][:2] == ["right_7", "wrist"] and rows[41][:2] == ["left_hand_1", "pinky tip"]
    np.testing.assert_allclose(np.float64(rows[5][2:5]), 1e3 * two_hands.hands[0].joints[5], atol=0.06)
    assert summary(two_hands).startswith("2 hands in 4 ms")


def test_the_viewer_stands_where_it_sees_all(two_hands: HandFrame) -> None:
    near, far = viewing_distance(replace(two_hands, hands=two_hands.hands[:1])), viewing_distance(two_hands)
    assert 0.15 < near < far < 1.5
    assert viewing_distance(NOBODY) == 1.0
