import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hand_recon_ros.pipeline.palm_detection import Search, anchors, decode, detect_palms, iou, weighted_nms

box = st.tuples(st.floats(0, 150), st.floats(0, 150), st.floats(1, 60), st.floats(1, 60)).map(
    lambda b: (b[0], b[1], b[0] + b[2], b[1] + b[3])
)


def test_anchors_cover_both_maps_in_rows():
    grid = anchors()
    assert grid.shape == (2016, 2)
    assert grid[0] == pytest.approx([4, 4]) and grid[2] == pytest.approx([12, 4])  # two anchors a cell of 8 pixels
    assert grid[1152] == pytest.approx([8, 8]) and grid[1158] == pytest.approx([24, 8])  # six a cell of 16


def raw_detection(anchor: int, centre, size, score):
    raw, logits = np.zeros((2016, 18), np.float32), np.full(2016, -20, np.float32)
    raw[anchor] = np.concatenate([centre - anchors()[anchor], size, np.tile(centre - anchors()[anchor], 7)])
    logits[anchor] = np.log(score / (1 - score))
    return raw, logits


def test_a_detection_comes_back_where_it_is_in_the_picture():
    raw, logits = raw_detection(600, np.array([100.0, 90.0]), np.array([30.0, 40.0]), 0.9)
    picture = np.zeros((480, 640, 3), np.uint8)  # shrunk by 0.3 to 192x144, 24 rows of border above
    (palms,) = detect_palms(lambda images: (raw[None], logits[None]), [picture], [Search(0.5)])
    assert palms.scores == pytest.approx([0.9], abs=1e-5)
    centre = palms.boxes.reshape(2, 2).mean(axis=0)
    assert centre == pytest.approx([100 / 0.3 - 0.5, (90 - 24) / 0.3 - 0.5], abs=0.01)
    assert palms.keypoints[0] == pytest.approx(np.tile(centre, (7, 1)), abs=0.01)


def test_scores_under_the_threshold_are_dropped():
    raw, logits = raw_detection(600, np.array([100.0, 90.0]), np.array([30.0, 40.0]), 0.4)
    assert len(decode(raw, logits, 0.5)[0]) == 0


@given(boxes=st.lists(box, min_size=1, max_size=12), seed=st.integers(0, 2**16))
@settings(max_examples=60, deadline=None)
def test_suppression_keeps_the_best_and_only_merges_what_overlaps(boxes, seed):
    corners = np.array(boxes, np.float32).reshape(-1, 2, 2)
    points = np.concatenate([corners, np.zeros((len(corners), 7, 2), np.float32)], axis=1)
    scores = np.random.default_rng(seed).uniform(0.1, 1, len(points)).astype(np.float32)
    merged, best = weighted_nms(points, scores)
    assert best[0] == scores.max()
    assert (np.diff(best) <= 0).all()
    lone = [
        k for k in range(len(boxes)) if (iou(corners[k].ravel(), np.delete(corners, k, 0).reshape(-1, 4)) <= 0.3).all()
    ]
    for k in lone:
        assert (np.abs(merged[:, :2] - corners[k]).max(axis=(1, 2)) < 1e-3).any()


def test_merging_weighs_by_score():
    points = np.zeros((2, 9, 2), np.float32)
    points[0, 1], points[1, 1] = (10, 10), (12, 10)
    merged, _ = weighted_nms(points, np.array([0.75, 0.25], np.float32))
    assert merged[0, 1] == pytest.approx([10.5, 10])


def test_overlap_of_identical_and_separate_boxes():
    boxes = np.array([[0, 0, 10, 10], [5, 0, 15, 10], [20, 20, 30, 30]], np.float32)
    assert iou(boxes[0], boxes) == pytest.approx([1, 1 / 3, 0])


def test_a_search_at_half_size_finds_the_same_place():
    raw, logits = raw_detection(600, np.array([100.0, 90.0]), np.array([30.0, 40.0]), 0.9)
    picture = np.zeros((480, 640, 3), np.uint8)  # shrunk by 0.15 to 96x72, in the middle of the square
    (palms,) = detect_palms(lambda images: (raw[None], logits[None]), [picture], [Search(0.5, 0.5)])
    expected = [(100 - 48) / 0.15 - 0.5, (90 - 60) / 0.15 - 0.5]
    assert palms.centres[0] == pytest.approx(expected, abs=0.01)
    assert palms.take(np.array([], np.intp)).boxes.shape == (0, 4)
