"""Crops for mesh networks: which hands share one, and where a given box lies in the picture."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mesh_stand_ins import ONE_HAND, StandIn, box_rig, from_content, noise, one

from hand_recon_ros import Frame, Side
from hand_recon_ros.pipeline.box_finder import shown_part
from hand_recon_ros.pipeline.mesh_crops import pairs_of, squares_around

boxes = st.lists(
    st.tuples(st.floats(0, 600), st.floats(0, 400), st.floats(5, 200), st.sampled_from([Side.LEFT, Side.RIGHT])),
    max_size=6,
)


@given(boxes)
def test_every_hand_is_in_one_crop_and_pairs_have_both_sides(drawn):
    corners = np.array([[[x, y], [x + size, y + size]] for x, y, size, _ in drawn]).reshape(-1, 2, 2)
    sides = [side for *_, side in drawn]
    pairs = pairs_of(corners, sides)
    assert sorted(row for pair in pairs for row in pair) == list(range(len(drawn)))
    for pair in pairs:
        assert len(pair) == 1 or {sides[row] for row in pair} == {Side.LEFT, Side.RIGHT}
    for square, pair in zip(squares_around(corners, pairs, 1.25), pairs, strict=True):
        assert (square[:2] - square[2] / 2 <= corners[pair, 0].min(axis=0) + 1e-2).all()
        assert (square[:2] + square[2] / 2 >= corners[pair, 1].max(axis=0) - 1e-2).all()


def test_the_nearest_hands_make_a_pair_and_far_ones_none():
    corners = np.array([[[0, 0], [50, 50]], [[60, 0], [110, 50]], [[300, 0], [350, 50]]], float)
    assert pairs_of(corners, [Side.LEFT, Side.RIGHT, Side.RIGHT]) == [[0, 1], [2]]
    assert pairs_of(corners[[0, 2]], [Side.LEFT, Side.RIGHT]) == [[0], [1]]
    assert pairs_of(corners[:2], [Side.RIGHT, Side.RIGHT]) == [[0], [1]]


@pytest.mark.parametrize(
    ("box", "low", "high"),
    [
        ((10, 20, 30, 40), (10, 20), (39, 59)),
        ((-10, -20, 30, 40), (0, 0), (29, 39)),  # moved in, not cut
        ((600, 400, 100, 100), (600, 400), (639, 479)),
    ],
)
def test_boxes_are_moved_into_the_picture_then_cut(box, low, high):
    found = shown_part(box, 640, 480)
    assert (found[0].tolist(), found[1].tolist()) == (list(low), list(high))


@pytest.mark.parametrize("box", [(700, 0, 10, 10), (0, 0, 0, 10), (0, 0, 10, -1)])
def test_a_box_outside_the_picture_is_refused(box):
    rig = box_rig(box, Side.RIGHT, StandIn(ONE_HAND, from_content))
    with pytest.raises(ValueError, match="expected a box inside the picture of 640x480"):
        one(rig, noise())


def test_a_picture_smaller_than_the_crop_is_refused():
    rig = box_rig((10, 10, 50, 50), Side.RIGHT, StandIn(ONE_HAND, from_content))
    with pytest.raises(ValueError, match="at least 256 pixels along its longer side, got 200x160"):
        rig({"": Frame(noise(0, 160, 200))})
    assert len(rig({"": Frame(noise(0, 160, 280))})[""].hands) == 1
