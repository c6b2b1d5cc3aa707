from dataclasses import replace

import numpy as np
import pytest

from hand_recon_ros.hand_model import load_free_hand, rotations_from_angles, skin
from hand_recon_ros.pipeline.articulation import (
    angle_derivatives,
    pose_points,
    root_derivatives,
    shape_derivatives,
    shape_points,
)

STEP = 1e-6


def points_of(model, state):
    return pose_points(model, shape_points(model, state.betas), state.root, state.angles)


def test_points_lie_where_the_regressor_finds_them_on_the_skinned_mesh(articulation, random_hands):
    state, hand = random_hands(8, seed=1), load_free_hand()
    rotations = np.concatenate([state.root[:, None], rotations_from_angles(articulation.axes, state.angles)], axis=1)
    vertices, _ = skin(hand, rotations.astype(np.float32), state.betas.astype(np.float32))
    wrist = hand.joints_template[0] + state.betas @ hand.joint_directions[0].T
    expected = np.einsum("jv,nvc->njc", hand.joint_regressor, vertices)[:, [0, 13, 1, 6]] - wrist[:, None]
    assert points_of(articulation, state).points[:, [0, 1, 5, 11]] == pytest.approx(expected, abs=2e-5)


def test_angle_derivatives_agree_with_differences(articulation, random_hands):
    rigid = replace(articulation, part_poses=np.zeros_like(articulation.part_poses))
    state = random_hands(4, seed=2)
    posed = points_of(rigid, state)
    derivatives = angle_derivatives(rigid, posed)
    for column, (joint, axis) in enumerate(rigid.free):
        angles = state.angles.copy()
        angles[:, joint, axis] += STEP
        moved = points_of(rigid, replace(state, angles=angles)).points
        assert derivatives[:, column] == pytest.approx((moved - posed.points) / STEP, abs=1e-5)


def test_shape_derivatives_agree_with_differences(articulation, random_hands):
    state = random_hands(3, seed=3)
    posed = points_of(articulation, state)
    derivatives = shape_derivatives(articulation, posed)
    for column in range(10):
        betas = state.betas.copy()
        betas[:, column] += STEP
        moved = points_of(articulation, replace(state, betas=betas)).points
        assert derivatives[:, column] == pytest.approx((moved - posed.points) / STEP, abs=1e-5)


def test_root_derivatives_agree_with_differences(articulation, random_hands):
    state = random_hands(3, seed=4)
    posed = points_of(articulation, state)
    for axis in range(3):
        turn = np.eye(3) + STEP * np.cross(np.eye(3)[axis], np.eye(3)).T
        moved = points_of(articulation, replace(state, root=turn @ state.root)).points
        assert root_derivatives(posed)[:, axis] == pytest.approx((moved - posed.points) / STEP, abs=1e-5)


def test_only_hinges_that_anatomy_allows_are_free(articulation):
    flexible = {(int(j), int(a)) for j, a in articulation.free}
    for finger in range(4):  # index, middle, pinky, ring: knuckle bends and spreads, the others only bend
        assert {(3 * finger, 0), (3 * finger, 1), (3 * finger + 1, 0), (3 * finger + 2, 0)} <= flexible
    assert not any(axis == 2 for joint, axis in flexible if joint < 12), "fingers do not twist"
