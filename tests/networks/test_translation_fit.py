"""Fitting a hand's translation: exact projections give it back, outliers move it little, nonsense is refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from hand_recon_ros.hand_model import load_free_hand
from hand_recon_ros.networks.translation_fit import fit_translation, published_camera
from hand_recon_ros.types import CameraModel

CAMERA = CameraModel(520.0, 500.0, 330.0, 230.0, 640, 480)
JOINTS = np.concatenate([load_free_hand().joints_template, load_free_hand().template[load_free_hand().tip_vertices]])


def projected(points: np.ndarray) -> np.ndarray:
    return points[:, :2] / points[:, 2:] * [CAMERA.fx, CAMERA.fy] + [CAMERA.cx, CAMERA.cy]


@settings(max_examples=30, deadline=None)
@given(
    x=some.floats(-0.3, 0.3),
    y=some.floats(-0.3, 0.3),
    z=some.floats(0.3, 2),
    depth=some.one_of(some.none(), some.floats(0.2, 3)),
)
def test_the_translation_of_exact_projections_comes_back_from_any_start(x, y, z, depth):
    truth = np.array([x, y, z])
    fit = fit_translation(JOINTS, projected(JOINTS + truth), CAMERA, depth)
    np.testing.assert_allclose(fit.translation, truth, atol=1e-5)
    assert fit.error_px < 0.01


def test_a_joint_seen_in_a_wrong_place_hardly_moves_the_hand():
    truth = np.array([0.05, -0.02, 0.6])
    pixels = projected(JOINTS + truth)
    pixels[8] += [80, -60]
    fit = fit_translation(JOINTS, pixels, CAMERA)
    np.testing.assert_allclose(fit.translation, truth, atol=2e-3)
    assert fit.error_px == pytest.approx(140, rel=0.02)


def test_no_small_change_is_better_than_the_fit():
    truth, random = np.array([0.1, 0, 0.8]), np.random.default_rng(3)
    pixels = projected(JOINTS + truth) + random.normal(0, 2, (len(JOINTS), 2))
    fit = fit_translation(JOINTS, pixels, CAMERA)
    for change in random.normal(0, 1e-3, (200, 3)):
        moved = np.abs(projected(JOINTS + fit.translation + change) - pixels).sum()
        assert fit.error_px < moved + 0.05


def test_a_start_behind_the_camera_is_moved_before_it():
    fit = fit_translation(JOINTS, projected(JOINTS + [0, 0, 0.5]), CAMERA, depth=-3.0)
    assert fit.translation[2] == pytest.approx(0.5, abs=1e-4)


def test_nonsense_is_refused():
    with pytest.raises(ValueError, match=r"expected joints \(N, 3\) and pixels \(N, 2\), got \(21, 3\) and \(20, 2\)"):
        fit_translation(JOINTS, np.zeros((20, 2)), CAMERA)
    with pytest.raises(ValueError, match="expected finite joints and pixels"):
        fit_translation(JOINTS, np.full((21, 2), np.nan), CAMERA)


def test_the_published_camera_looks_at_the_middle():
    camera = published_camera(640, 480)
    assert (camera.fx, camera.fy, camera.cx, camera.cy) == (500, 500, 320, 240)
