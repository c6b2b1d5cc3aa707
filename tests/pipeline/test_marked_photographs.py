"""Photographs whose joints were marked by eye: the marks themselves, how hands are matched to them, and both models."""

from __future__ import annotations

import json
import os
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks.photographs import MARKS, Marked, matched, measure, read_marks
from hand_recon_ros import HandPipeline
from hand_recon_ros.sources.images import read_image

FOLDER = Path(os.environ.get("HAND_RECON_REAL_IMAGES", Path(__file__).parents[3] / "shared" / "real_images"))
have_photographs = pytest.mark.skipif(
    not FOLDER.is_dir(), reason="the photographs may not be passed on; name their folder in HAND_RECON_REAL_IMAGES"
)


def box_at(*corners):
    return Marked(None, np.array(corners, float), np.full((21, 2), np.nan), np.zeros(21, bool))


def hand_at(*middle):
    return SimpleNamespace(joints_2d=np.tile(np.array(middle, float), (21, 1)))


def test_marks_lie_in_their_pictures_and_boxes():
    sizes = {name: of_one["size"] for name, of_one in json.loads(MARKS.read_text()).items()}
    marks = read_marks()
    assert len(marks) == 24 and sum(len(hands) for hands in marks.values()) == 49
    assert sum(mark.visible.any() for hands in marks.values() for mark in hands) == 29
    for name, hands in marks.items():
        for mark in hands:
            points = mark.joints[mark.visible]
            assert (mark.box >= 0).all() and (mark.box.reshape(2, 2) <= sizes[name]).all() and mark.extent > 20
            assert (points >= mark.box[:2]).all() and (points <= mark.box[2:]).all()


def test_each_hand_is_matched_once_with_the_nearest_on_its_box():
    marked = [box_at(0, 0, 10, 10), box_at(5, 0, 15, 10), box_at(50, 50, 60, 60)]
    hands = [hand_at(9, 5), hand_at(6, 5), hand_at(30, 30)]
    assert matched(marked, hands) == [hands[1], hands[0], None]
    assert matched(marked, []) == [None] * 3 and matched([], hands) == []


@have_photographs
def test_the_photographs_are_those_that_were_marked():
    sizes = {name: of_one["size"] for name, of_one in json.loads(MARKS.read_text()).items()}
    assert {name: list(read_image(FOLDER / name).shape[1::-1]) for name in sizes} == sizes


@have_photographs
@pytest.mark.parametrize("model", ["default", "landmarks_full"])
def test_models_meet_the_marks(model):
    found = measure(HandPipeline.create(model, device="cpu", threads=1, max_hands=8), FOLDER)
    off = np.array([score.mesh for score in found if not np.isnan(score.mesh)])
    sides = [score.side_right for score in found if score.side_right is not None]
    assert sum(score.found for score in found) >= 40
    assert np.mean(sides) >= 0.95
    assert len(off) >= 27 and off.mean() < 0.07 and off.max() < 0.25
