"""HandOccNet's fit finds a hand's translation, wherever it was placed before."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hand_recon_ros import CameraModel, Hand, ScaleSource, Side
from hand_recon_ros.camera import project
from hand_recon_ros.hand_model import HandModel, axis_angle_to_matrix, load_free_hand, skin
from hand_recon_ros.pipeline.translation import fit_hand
from hand_recon_ros.types import Pose, Roi

CAMERA = CameraModel(600.0, 620.0, 330.0, 235.0, 640, 480)
MEAN = np.random.default_rng(1).normal(scale=0.1, size=45).astype(np.float32)
RIGHT = replace(load_free_hand(), mean_pose=MEAN)
MODELS: dict[Side, HandModel] = {Side.RIGHT: RIGHT, Side.LEFT: RIGHT.mirrored()}


def posed(side, translation, seed, camera=CAMERA):
    """A hand whose model's origin is at a translation, and its pose."""
    rng = np.random.default_rng(seed)
    pose, betas = rng.normal(scale=0.4, size=(16, 3)).astype(np.float32), rng.normal(size=10).astype(np.float32)
    model = MODELS[side]
    vertices, joints = skin(model, axis_angle_to_matrix(pose), betas)
    vertices, joints = (points + np.float32(translation) for points in (vertices, joints))
    seen = project(camera, joints)
    wrist = Pose(np.eye(3, dtype=np.float32), joints[0])
    scores = np.full(21, np.nan, np.float32)
    return Hand(
        side,
        1.0,
        1.0,
        0,
        ScaleSource.METRIC,
        joints,
        seen,
        scores,
        vertices,
        model.faces,
        wrist,
        Roi(0, 0, 1, 1),
        pose,
        betas,
    )


def carried(hand, by):
    return replace(hand, vertices=hand.vertices + by, joints=hand.joints + by)


@settings(deadline=None, max_examples=40)
@given(
    st.sampled_from([Side.LEFT, Side.RIGHT]),
    st.tuples(st.floats(-0.2, 0.2), st.floats(-0.15, 0.15), st.floats(0.35, 1.5)),
    st.sampled_from([None, 0.5]),
    st.sampled_from([(), (-0.1, 0.03, 1e-3, 1e-3, 0.0)]),
    st.integers(0, 1000),
)
def test_the_translation_is_found(side, truth, depth, lens, seed):
    camera = replace(CAMERA, distortion=lens)
    hand = posed(side, truth, seed, camera)
    elsewhere = carried(hand, np.float32([0.2, -0.1, 0.3]))
    fitted = fit_hand(elsewhere, MODELS[side], (640, 480), camera, depth)
    assert fitted.translation == pytest.approx(truth, abs=2e-3)
    assert fitted.hand.vertices == pytest.approx(hand.vertices, abs=2e-3)
    assert fitted.hand.joints_2d == pytest.approx(hand.joints_2d, abs=0.5)
    assert fitted.origin_vertices == pytest.approx(hand.vertices - np.float32(truth), abs=1e-5)


def test_without_intrinsics_the_camera_is_the_published_one():
    fitted = fit_hand(posed(Side.RIGHT, (0, 0, 0.5), 0), RIGHT, (640, 480))
    camera = fitted.camera
    assert (camera.fx, camera.fy, camera.cx, camera.cy) == (500, 500, 320, 240)


def test_the_pose_is_written_without_the_mean():
    hand = posed(Side.LEFT, (0, 0, 0.5), 0)
    fitted = fit_hand(hand, MODELS[Side.LEFT], (640, 480), CAMERA)
    assert fitted.pose[:3] == pytest.approx(hand.pose[0])
    assert fitted.pose[3:] + MODELS[Side.LEFT].mean_pose == pytest.approx(hand.pose[1:].ravel(), abs=1e-6)


def test_a_hand_without_parameters_is_refused():
    with pytest.raises(ValueError, match="needs a model that gives MANO's parameters"):
        fit_hand(replace(posed(Side.RIGHT, (0, 0, 0.5), 0), pose=None), RIGHT, (640, 480))
