"""Joint errors, PCK and its area."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from samples import random_joints
from scipy.integrate import trapezoid
from scipy.spatial.distance import cdist

from hand_recon_ros.evaluation.accuracy import measure_accuracy, summarise
from hand_recon_ros.evaluation.joint_error import joint_errors, pck, pck_auc

ERRORS = arrays(np.float64, (7, 21), elements=st.floats(0, 0.2))


def test_errors_are_distances():
    found, truth = random_joints(3, seed=1), random_joints(3, seed=2)
    independent = [np.diag(cdist(a, b)) for a, b in zip(found, truth, strict=True)]
    np.testing.assert_allclose(joint_errors(found, truth), independent)


def test_pck_counts_errors_up_to_each_threshold():
    errors = np.array([[0.01, 0.02], [0.02, 0.04]])
    np.testing.assert_array_equal(pck(errors, np.array([0.0, 0.01, 0.02, 0.03, 0.04])), [0, 0.25, 0.75, 0.75, 1])
    assert np.isnan(pck(np.empty((0, 21)), np.array([0.01]))).all()


def test_the_area_of_a_step_is_worked_out_by_hand():
    assert pck_auc(np.zeros((1, 2))) == 1
    assert pck_auc(np.array([[0.01, 0.04]])) == 0.5  # 0.8 and 0.2
    assert pck_auc(np.array([[0.05, 9.0]])) == 0
    assert np.isnan(pck_auc(np.empty((0, 21))))


@given(ERRORS)
def test_the_area_is_that_of_a_finely_sampled_curve(errors):
    thresholds = np.linspace(0, 0.05, 20001)
    sampled = trapezoid(pck(errors, thresholds), thresholds) / 0.05
    np.testing.assert_allclose(pck_auc(errors), sampled, atol=1e-4)


@given(ERRORS, ERRORS)
def test_the_area_of_two_sets_is_the_mean_of_their_areas(one, two):
    joined = pck_auc(np.concatenate([one, two]))
    np.testing.assert_allclose(joined, (pck_auc(one) + pck_auc(two)) / 2)


def test_a_summary_is_in_millimetres():
    errors = np.full((3, 21), 0.01)
    errors[2] = 0.04
    errors[:, 4] += 0.001
    summary = summarise(errors)
    np.testing.assert_allclose(summary.mean_mm, 20 + 1 / 21)
    np.testing.assert_allclose(summary.median_mm, 10 + 1 / 21)
    np.testing.assert_allclose(summary.per_joint_mm[3:5], [20, 21])


def test_alignments_take_out_what_they_should():
    truth = random_joints(5)
    shifted = measure_accuracy(truth + [0, 0, 0.03], truth, 10)
    assert (shifted.matched, shifted.recall) == (5, 0.5)
    means = [shifted.errors[name].mean_mm for name in ("camera", "root", "procrustes")]
    np.testing.assert_allclose(means, [30, 0, 0], atol=1e-9)
    larger = measure_accuracy(truth[:, :1] + 1.1 * (truth - truth[:, :1]), truth, 5)
    assert larger.errors["root"].mean_mm > 1
    np.testing.assert_allclose(larger.errors["procrustes"].mean_mm, 0, atol=1e-9)
    np.testing.assert_allclose(larger.errors["procrustes"].auc, 1)


def test_without_hands_nothing_is_known():
    none = measure_accuracy(np.empty((0, 21, 3)), np.empty((0, 21, 3)), 4)
    assert none.recall == 0 and np.isnan(none.errors["camera"].mean_mm)
    assert np.isnan(measure_accuracy(np.empty((0, 21, 3)), np.empty((0, 21, 3)), 0).recall)
