"""Alignments against hand-worked cases, scipy and what they must not depend on."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from samples import point_sets, random_joints
from scipy.optimize import least_squares
from scipy.spatial.transform import Rotation

from hand_recon_ros.evaluation.alignment import from_root, similarity_aligned
from hand_recon_ros.evaluation.joint_error import joint_errors

TURNS = st.tuples(*[st.floats(-3, 3)] * 3).map(lambda v: Rotation.from_rotvec(v).as_matrix())
SHIFTS = st.tuples(*[st.floats(-2, 2)] * 3).map(np.array)


def test_joints_from_the_wrist():
    joints = np.arange(12.0).reshape(1, 4, 3)
    np.testing.assert_array_equal(from_root(joints)[0], [[0, 0, 0], [3, 3, 3], [6, 6, 6], [9, 9, 9]])
    np.testing.assert_array_equal(from_root(joints, root=1)[0, 0], [-3, -3, -3])


def test_a_square_twice_as_large_and_turned_by_a_quarter_is_brought_back():
    truth = np.array([[[1.0, 0, 0], [0, 1, 0], [-1, 0, 0], [0, -1, 0]]])
    found = np.array([[[10.0, 2, 5], [8, 0, 5], [10, -2, 5], [12, 0, 5]]])
    np.testing.assert_allclose(similarity_aligned(found, truth), truth, atol=1e-12)


@given(point_sets(), TURNS, SHIFTS, st.floats(0.1, 10))
def test_any_similarity_transform_is_undone(truth, turn, shift, scale):
    np.testing.assert_allclose(similarity_aligned(scale * truth @ turn.T + shift, truth), truth, atol=1e-7)


@given(point_sets(), point_sets(), TURNS, SHIFTS, st.floats(0.1, 10))
def test_the_error_does_not_depend_on_how_the_found_hand_lies(found, truth, turn, shift, scale):
    plain = joint_errors(similarity_aligned(found, truth), truth)
    moved = joint_errors(similarity_aligned(scale * found @ turn.T + shift, truth), truth)
    np.testing.assert_allclose(moved, plain, atol=1e-6)


def test_a_mirrored_hand_is_not_brought_to_its_truth():
    truth = random_joints(4)
    mirrored = truth * [-1, 1, 1]
    assert joint_errors(similarity_aligned(mirrored, truth), truth).mean() > 0.01


def test_no_similarity_that_an_optimiser_finds_is_better():
    found, truth = random_joints(1, seed=1), random_joints(1, seed=2)

    def off(parameters):
        turn = Rotation.from_rotvec(parameters[:3]).as_matrix()
        return (np.exp(parameters[6]) * found[0] @ turn.T + parameters[3:6] - truth[0]).ravel()

    starts = np.random.default_rng(0).normal(size=(20, 7))
    best = min(2 * least_squares(off, start).cost for start in starts)
    ours = ((similarity_aligned(found, truth) - truth) ** 2).sum()
    np.testing.assert_allclose(ours, best, rtol=1e-6)


def test_points_that_coincide_are_moved_to_the_middle():
    truth = random_joints(1)
    aligned = similarity_aligned(np.ones((1, 21, 3)), truth)
    np.testing.assert_allclose(aligned[0], np.broadcast_to(truth[0].mean(axis=0), (21, 3)))
