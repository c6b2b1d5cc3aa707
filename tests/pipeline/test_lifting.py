"""The lifter that ships and the fit that starts from it, on landmarks without errors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hand_recon_ros.hand_model import axis_angle_to_matrix, load_free_hand, matrix_to_axis_angle
from hand_recon_ros.pipeline.articulation import pose_points, shape_points
from hand_recon_ros.pipeline.hand_state import HandState, Observation, join_observations, join_states
from hand_recon_ros.pipeline.landmarks import Landmarks, join_landmarks
from hand_recon_ros.pipeline.lifted_fit import LiftedFit
from hand_recon_ros.pipeline.lifting import canonical, lift, load_lifter
from hand_recon_ros.pipeline.recipes import find_recipe, load_articulation
from hand_recon_ros.pipeline.reconstruction import observe
from hand_recon_ros.types import CameraModel, Side
from hand_recon_train.synthetic.poses import NAMED_POSES

RECIPE = find_recipe("lifted_full")
POINTS = load_articulation(load_free_hand(), RECIPE)
LIFTER = load_lifter(RECIPE.lifter)
UPRIGHT = np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])


def hands(turn=(0.0, 0.0, 0.0)):
    """One hand of each named gesture, half a metre away, palm to the camera but for a turn."""
    count = len(NAMED_POSES)
    root = np.tile(axis_angle_to_matrix(np.array(turn)) @ UPRIGHT, (count, 1, 1))
    place = np.tile([0.05, 0.08, 0.5], (count, 1))
    return HandState(root, place, np.stack(list(NAMED_POSES.values())), np.zeros((count, 10)))


def points_of(state):
    posed = pose_points(POINTS, shape_points(POINTS, state.betas), state.root, state.angles)
    return posed.points


def seen_as(state):
    points = points_of(state)
    placed = points + state.translation[:, None]
    return Observation(placed[..., :2] / placed[..., 2:], points)


def fitted(seen, known=None):
    count = len(seen.rays)
    return join_states(LiftedFit(POINTS, LIFTER)(seen, known or [None] * count, np.zeros(count, np.intp)))


@pytest.mark.parametrize("turn", [(0.0, 0.0, 0.0), (0.3, 0.5, 0.0), (0.0, -0.7, 1.5), (0.0, np.pi, 0.0)])
def test_landmarks_without_errors_give_the_hand_back(turn):
    truth = hands(turn)
    found = fitted(seen_as(truth))
    off = np.linalg.norm(points_of(found) - points_of(truth), axis=2).mean(axis=1)
    assert off.mean() < 0.015 and off.max() < 0.035
    assert np.linalg.norm(found.translation - truth.translation, axis=1).mean() < 0.05


def test_the_fit_brings_the_lifted_hand_onto_the_rays():
    truth = hands()
    seen = seen_as(truth)
    raw = lift(LIFTER, POINTS, seen)
    near = LiftedFit(POINTS, LIFTER)(seen, [None] * len(seen.rays))
    found = join_states(near)
    depth = points_of(found) + found.translation[:, None]
    off = np.linalg.norm(depth[..., :2] / depth[..., 2:] - seen.rays, axis=2).mean()
    assert off * 0.5 < 0.004
    assert (raw.angle_sd > 0).all() and (raw.root_sd > 0).all()
    assert np.abs(found.angles - raw.angles).max() < 1.0


@given(st.floats(-3, 3), st.sampled_from(range(len(NAMED_POSES))))
def test_a_turn_of_the_picture_turns_the_hand_alone(angle, row):
    seen = seen_as(hands((0.2, 0.4, 0.0))).take(slice(row, row + 1))
    turn = axis_angle_to_matrix(np.array([0.0, 0.0, angle]))
    turned = Observation(seen.rays @ turn[:2, :2].T, seen.relative @ turn.T)
    before, after = lift(LIFTER, POINTS, seen), lift(LIFTER, POINTS, turned)
    assert after.root == pytest.approx(turn @ before.root, abs=1e-3)
    assert after.angles == pytest.approx(before.angles, abs=1e-3)


def test_inputs_are_of_order_one_and_finite_even_for_points_that_coincide():
    _, inputs = canonical(seen_as(hands()))
    assert np.abs(inputs).max() < 5
    nothing = Observation(np.zeros((1, 21, 2)), np.zeros((1, 21, 3)))
    frame, inputs = canonical(nothing)
    assert np.isfinite(inputs).all() and np.linalg.det(frame) == pytest.approx(1)


def test_angles_stay_within_their_limits():
    found = fitted(seen_as(hands((0.5, -1.0, 0.3))))
    assert (found.angles >= POINTS.lower - 1e-9).all() and (found.angles <= POINTS.upper + 1e-9).all()


def test_a_known_hand_keeps_its_shape():
    seen = seen_as(hands()).take(slice(0, 2))
    known = hands().take(slice(0, 1))
    known = HandState(known.root, known.translation, known.angles, np.full((1, 10), 0.5))
    found = fitted(seen, [known, None])
    assert (found.betas[0] == 0.5).all() and (found.betas[1] != 0.5).all()


def test_no_hand_depends_on_the_others():
    seen = seen_as(hands())
    together = fitted(seen)
    for row in range(len(seen.rays)):
        alone = fitted(seen.take(slice(row, row + 1)))
        for name, array in vars(alone).items():
            assert array[0] == pytest.approx(getattr(together, name)[row], abs=1e-4)


def seen_with(sight):
    seen = seen_as(hands((0.2, 0.4, 0.0)))
    return Observation(seen.rays, seen.relative, np.broadcast_to(sight, (len(seen.rays), len(sight))))


def test_what_a_network_sees_bends_and_turns_the_lifted_hand_and_makes_it_surer():
    nothing, joint, axis = np.zeros(3 + len(POINTS.free)), *POINTS.free.T
    before, blind = lift(LIFTER, POINTS, seen_with(nothing)), lift(LIFTER, POINTS, seen_as(hands((0.2, 0.4, 0.0))))
    assert before.root == pytest.approx(blind.root) and before.angles == pytest.approx(blind.angles)
    assert (before.angle_sd < blind.angle_sd).all()
    after = lift(LIFTER, POINTS, seen_with(np.where(np.arange(len(nothing)) < 3, [0.1, 0, 0, *nothing[3:]], 0.05)))
    bent = (after.angles - before.angles)[:, joint, axis]
    free = (bent > 0.049) | (after.angles[:, joint, axis] == POINTS.upper[joint, axis])
    # What the limits cut off before is not there to be bent.
    assert (bent < 0.0501).all() and (free | (before.angles[:, joint, axis] == POINTS.lower[joint, axis])).all()
    turned = matrix_to_axis_angle(after.root @ np.swapaxes(before.root, 1, 2))
    assert np.linalg.norm(turned, axis=1) == pytest.approx(0.1, rel=0.01)


def test_each_side_is_told_what_was_seen_of_it():
    camera, chance = CameraModel(200, 200, 112, 112, 224, 224), np.random.default_rng(0)
    pixels, relative = chance.uniform(50, 170, (2, 21, 2)), chance.normal(0, 0.05, (2, 21, 3))
    sight = chance.normal(size=(2, 2, 25)).astype(np.float32)
    seen = Landmarks(pixels.astype(np.float32), relative.astype(np.float32), np.ones(2), np.ones(2), sight)
    told = observe(seen, [Side.LEFT, Side.RIGHT], camera)
    assert (told.sight == sight[[0, 1], [1, 0]]).all()
    assert (join_observations([told, told.take(slice(0, 1))]).sight == told.sight[[0, 1, 0]]).all()
    assert (join_landmarks([seen, seen.take(slice(1, 2))]).sight == sight[[0, 1, 1]]).all()
