"""Metrics: hand-worked cases, a second computation with NumPy and SciPy, and sums that processes may share."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from hand_recon_ros.evaluation.alignment import similarity_aligned as numpy_aligned
from hand_recon_ros.networks.conformance import read_case

pytest.importorskip("torchmetrics")
spatial = pytest.importorskip("scipy.spatial")
integrate = pytest.importorskip("scipy.integrate")

from hand_recon_train.metrics import (  # noqa: E402
    AccelerationError,
    Alignment,
    FScore,
    Pck2d,
    PckAuc,
    PositionError,
    RelativeRootError,
)
from hand_recon_train.metrics.geometry import similarity_aligned  # noqa: E402

CASES = Path(__file__).parents[1] / "data" / "conformance"
SEEDS = st.integers(0, 2**32 - 1)


def random_hands(seed, count=5, points=21, noise=0.02):
    rng = np.random.default_rng(seed)
    truth = rng.normal(0, 0.05, (count, points, 3)) + rng.normal(0, 0.3, (count, 1, 3))
    return truth + rng.normal(0, noise, truth.shape), truth


def measured(metric, found, truth, known=None):
    known = np.ones(np.shape(found)[: 1 + (np.ndim(found) > 2)], bool) if known is None else known
    metric.update(torch.as_tensor(found), torch.as_tensor(truth), torch.as_tensor(known))
    return float(metric.compute())


def procrustes(found, truth):
    """SciPy's rotation between centred sets, with the least-squares scale of that rotation."""
    a, b = found - found.mean(0), truth - truth.mean(0)
    rotation = spatial.transform.Rotation.align_vectors(b, a)[0].as_matrix()
    turned = a @ rotation.T
    return (turned * b).sum() / (a**2).sum() * turned + truth.mean(0)


@settings(max_examples=25, deadline=None)
@given(SEEDS)
def test_position_errors_agree_with_numpy_and_scipy(seed):
    found, truth = random_hands(seed)
    raw = np.linalg.norm(found - truth, axis=2).mean()
    assert measured(PositionError(), found, truth) == pytest.approx(1e3 * raw)
    rooted = (found - found[:, 5:6]) - (truth - truth[:, 5:6])
    root = measured(PositionError(Alignment.ROOT, root=5), found, truth)
    assert root == pytest.approx(1e3 * np.linalg.norm(rooted, axis=2).mean())
    scaled = [
        (f - f[9]) * np.linalg.norm(t[0] - t[9]) / np.linalg.norm(f[0] - f[9]) - (t - t[9])
        for f, t in zip(found, truth, strict=True)
    ]
    both = measured(PositionError(Alignment.ROOT_AND_SCALE, root=9, end=0), found, truth)
    assert both == pytest.approx(1e3 * np.linalg.norm(scaled, axis=2).mean())
    turned = [procrustes(f, t) - t for f, t in zip(found, truth, strict=True)]
    pa = measured(PositionError(Alignment.SIMILARITY), found, truth)
    assert pa == pytest.approx(1e3 * np.linalg.norm(turned, axis=2).mean(), rel=1e-5)


@settings(max_examples=25, deadline=None)
@given(SEEDS)
def test_alignment_agrees_with_the_one_of_the_node_and_undoes_any_similarity(seed):
    found, truth = (torch.from_numpy(points) for points in random_hands(seed, noise=0.1))
    known = torch.ones(5, 21, dtype=torch.bool)
    ours = similarity_aligned(found, truth, known)
    assert np.allclose(ours, numpy_aligned(found.numpy(), truth.numpy()), atol=1e-9)
    rotation = torch.from_numpy(spatial.transform.Rotation.random(random_state=seed).as_matrix())
    moved = 3.7 * truth @ rotation.mT + torch.tensor([1.0, -2.0, 0.5])
    assert torch.allclose(similarity_aligned(moved, truth, known), truth, atol=1e-9)


def test_a_mirrored_hand_stays_wrong():
    _, truth = random_hands(1)
    assert measured(PositionError(Alignment.SIMILARITY), truth * [-1, 1, 1], truth) > 5


def test_unknown_points_neither_count_nor_align():
    found, truth = random_hands(2)
    known = np.ones((5, 21), bool)
    known[:, 7], known[3] = False, False
    spoilt, nan = found.copy(), truth.copy()
    spoilt[:, 7] += 9
    nan[:, 7] = 5
    for alignment in Alignment:
        one = measured(PositionError(alignment), spoilt, nan, known)
        kept = [k for k in range(21) if k != 7]
        other = measured(
            PositionError(alignment, points=20, end=8), found[:, kept][[0, 1, 2, 4]], truth[:, kept][[0, 1, 2, 4]]
        )
        assert one == pytest.approx(other)


def test_hands_without_a_known_root_do_not_count_relative_to_it():
    found, truth = random_hands(3)
    known = np.ones((5, 21), bool)
    known[0, 0] = False
    assert measured(PositionError(Alignment.ROOT), found, truth, known) == pytest.approx(
        measured(PositionError(Alignment.ROOT), found[1:], truth[1:])
    )


def test_position_error_by_hand_and_per_point():
    truth = np.zeros((2, 21, 3))
    found = truth.copy()
    found[0, 4], found[1, 4] = [0.003, 0.004, 0], [0.001, 0, 0]
    metric = PositionError()
    assert measured(metric, found, truth) == pytest.approx(6 / 42)
    assert metric.per_point()[4] == pytest.approx(3) and metric.per_point()[5] == 0


@settings(max_examples=25, deadline=None)
@given(SEEDS)
def test_auc_agrees_with_trapezoids_joint_by_joint(seed):
    found, truth = random_hands(seed)
    errors, limits = np.linalg.norm(found - truth, axis=2), np.linspace(0, 0.05, 100)
    shares = np.array([(errors <= limit).mean(axis=0) for limit in limits])
    curves = integrate.trapezoid(shares, limits, axis=0) / 0.05
    assert measured(PckAuc(), found, truth) == pytest.approx(np.mean(curves))


def test_auc_by_hand():
    truth = np.zeros((1, 21, 3))
    assert measured(PckAuc(), truth, truth) == pytest.approx(1)
    assert measured(PckAuc(), truth + [0.06, 0, 0], truth) == 0
    halfway = measured(PckAuc(), truth + [0.025, 0, 0], truth)
    assert halfway == pytest.approx(0.5, abs=0.006)


@pytest.mark.parametrize("name", ["smhr_single", "smhr_multi"])
def test_published_figures_of_smhrs_evaluation(name):
    """Its aligned joints, its means and areas on its own arrays; it scales by wrist to thumb's tip."""
    answers = read_case(CASES / name).expected()
    found, truth = (answers[key].reshape(-1, 21, 3) for key in ("joints", "metric_gt_joints"))
    known = torch.ones(found.shape[:2], dtype=torch.bool)
    joints = similarity_aligned(torch.from_numpy(found).double(), torch.from_numpy(truth).double(), known)
    assert np.allclose(joints.reshape(answers["metric_pa_joints"].shape), answers["metric_pa_joints"], atol=5e-5)
    rows = (Alignment.NONE, Alignment.ROOT_AND_SCALE, Alignment.SIMILARITY)
    for alignment, (mean, _, area) in zip(rows, answers["metric_mean_median_auc"], strict=True):
        assert measured(PositionError(alignment, end=4), found, truth) == pytest.approx(1e3 * mean, abs=0.1)
        assert measured(PckAuc(alignment, end=4), found, truth) == pytest.approx(area, abs=2e-3)


def test_handoccnets_published_alignment():
    answers = read_case(CASES / "handoccnet").expected()
    found, truth = (torch.from_numpy(answers[key])[None].double() for key in ("aux_pa_pred", "aux_pa_gt"))
    joints = similarity_aligned(found, truth, torch.ones(1, 21, dtype=torch.bool))
    assert np.allclose(joints[0], answers["aux_pa_aligned"], atol=1e-4)


@settings(max_examples=15, deadline=None)
@given(SEEDS, st.sampled_from([5.0, 15.0]))
def test_f_scores_agree_with_a_tree_of_neighbours(seed, threshold):
    found, truth = random_hands(seed, 3, 300, 0.01)
    scores = []
    for f, t in zip(found, truth, strict=True):
        precision = (spatial.cKDTree(t).query(f)[0] < threshold / 1e3).mean()
        recall = (spatial.cKDTree(f).query(t)[0] < threshold / 1e3).mean()
        scores.append(2 * precision * recall / (precision + recall) if precision + recall else 0)
    assert measured(FScore(threshold, Alignment.NONE), found, truth, np.ones(3, bool)) == pytest.approx(np.mean(scores))


def test_f_score_by_hand():
    truth = np.array([[[0.0, 0, 0], [1, 0, 0]]])
    found = np.array([[[0.004, 0, 0], [0.002, 0, 0]]])
    known = np.ones(1, bool)
    assert measured(FScore(5, Alignment.NONE), found, truth, known) == pytest.approx(2 * 1 * 0.5 / 1.5)
    assert measured(FScore(1, Alignment.NONE), found, truth, known) == 0


def test_relative_root_error_by_hand_and_with_numpy():
    found, truth = (points.reshape(2, 2, 21, 3) for points in random_hands(4, 4))
    own, true = (points[:, 1, 0] - points[:, 0, 0] for points in (found, truth))
    expected = 1e3 * np.linalg.norm(own - true, axis=1)
    assert measured(RelativeRootError(), found, truth, np.ones(2, bool)) == pytest.approx(expected.mean())
    assert measured(RelativeRootError(), found, truth, np.array([False, True])) == pytest.approx(expected[1])
    assert measured(RelativeRootError(), truth + 1, truth, np.ones(2, bool)) == pytest.approx(0, abs=1e-9)


def test_pck_2d_by_hand():
    truth = np.zeros((1, 21, 2))
    truth[0, 1] = [100, 50]
    found = truth + [9, 0]
    found[0, 2:6] += [2, 0]
    assert measured(Pck2d(0.1), found, truth) == pytest.approx(17 / 21)
    known = np.ones((1, 21), bool)
    known[0, 1] = False
    assert measured(Pck2d(0.1), found, truth, known) == 0


def test_acceleration_error_of_a_parabola_and_of_unknown_pictures():
    times = np.arange(6)[:, None, None] / 30
    truth = np.zeros((6, 21, 3))
    found = truth + 0.5 * np.array([0.3, 0.4, 0]) * times**2
    metric = AccelerationError(30)
    assert measured(metric, found, truth) == pytest.approx(0.5)
    found[5] += 1
    known = np.ones((6, 21), bool)
    known[5] = False
    assert measured(AccelerationError(30), found, truth, known) == pytest.approx(0.5)
    assert np.isnan(measured(AccelerationError(30), found[:2], truth[:2]))


@pytest.mark.parametrize("make", [PositionError, PckAuc, lambda: PositionError(Alignment.SIMILARITY)])
def test_batches_and_processes_add_up(make):
    """States are sums: two processes' states added give what one process finds on all, of unequal batches too."""
    found, truth = (torch.from_numpy(points) for points in random_hands(5, 7))
    known = torch.ones(7, 21, dtype=torch.bool)
    whole, first, second = make(), make(), make()
    whole.update(found, truth, known)
    first.update(found[:5], truth[:5], known[:5])
    second.update(found[5:], truth[5:], known[5:])
    for name, reduction in first._reductions.items():
        setattr(first, name, reduction(torch.stack([getattr(first, name), getattr(second, name)])))
    assert float(first.compute()) == pytest.approx(float(whole.compute()))
