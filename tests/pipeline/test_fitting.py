from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hand_recon_ros.pipeline.articulation import pose_points, shape_points
from hand_recon_ros.pipeline.fitting import fit_hands
from hand_recon_ros.pipeline.hand_state import Observation


def points_of(model, state):
    posed = pose_points(model, shape_points(model, state.betas), state.root, state.angles)
    return posed.points + state.translation[:, None]


def observed(points, scale=1.2):
    """What a perfect network would see: rays, and relative points of another size."""
    return Observation(points[..., :2] / points[..., 2:], scale * (points - points.mean(axis=1, keepdims=True)))


def error_mm(model, states, truth):
    found = np.concatenate([points_of(model, s) for s in states])
    return 1e3 * np.linalg.norm((found - found[:, :1]) - (truth - truth[:, :1]), axis=-1).mean(axis=1)


def test_a_perfect_observation_gives_the_hand_back(articulation, random_hands):
    truth = points_of(articulation, random_hands(40, seed=5, shape_sd=0.0))
    states = fit_hands(articulation, observed(truth), [None] * 40)
    errors = error_mm(articulation, states, truth)
    assert np.median(errors) < 2.5  # the priors pull a little towards rest
    assert np.mean(errors < 6) >= 0.95
    found = np.concatenate([points_of(articulation, s) for s in states])
    off_ray = np.linalg.norm(found[..., :2] / found[..., 2:] - observed(truth).rays, axis=-1) * truth[..., 2]
    assert np.median(off_ray) < 1e-3


def test_angles_stay_within_their_limits_whatever_is_seen(articulation, random_hands):
    rng = np.random.default_rng(6)
    truth = points_of(articulation, random_hands(16, seed=6)) + rng.normal(scale=0.02, size=(16, 21, 3))
    for state in fit_hands(articulation, observed(truth), [None] * 16):
        assert np.isfinite(state.translation).all()
        assert (state.angles >= articulation.lower - 1e-9).all() and (state.angles <= articulation.upper + 1e-9).all()


def test_a_known_hand_keeps_its_shape_and_is_followed(articulation, random_hands):
    first = random_hands(12, seed=7, shape_sd=0.5)
    known = [first.take(slice(k, k + 1)) for k in range(12)]
    moved = replace(first, translation=first.translation + (0.01, 0.0, 0.01), angles=first.angles * 0.95)
    states = fit_hands(articulation, observed(points_of(articulation, moved)), known)
    assert all((s.betas == k.betas).all() for s, k in zip(states, known, strict=True))
    assert np.median(error_mm(articulation, states, points_of(articulation, moved))) < 3


def test_new_and_known_hands_come_back_in_their_own_rows(articulation, random_hands):
    hands = random_hands(3, seed=8, shape_sd=0.0)
    truth = points_of(articulation, hands)
    states = fit_hands(articulation, observed(truth), [None, hands.take(slice(1, 2)), None])
    found = np.concatenate([s.translation for s in states])
    assert np.linalg.norm(found - hands.translation, axis=1).max() < 0.03


@given(scale=st.floats(0.2, 5), depth=st.floats(0.2, 3))
@settings(max_examples=15, deadline=None)
def test_the_size_of_the_relative_points_does_not_matter(articulation, random_hands, scale, depth):
    hand = replace(random_hands(1, seed=9, shape_sd=0.0), translation=np.array([[0.0, 0.0, depth]]))
    truth = points_of(articulation, hand)
    (state,) = fit_hands(articulation, observed(truth, scale), [None])
    assert state.translation[0, 2] == pytest.approx(depth, rel=0.08)
