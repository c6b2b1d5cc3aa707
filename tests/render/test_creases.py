"""Shadows beside what stands in front."""

from __future__ import annotations

import numpy as np
import pytest

from hand_recon_ros.render.creases import DARKEST, creases

FOCAL = 400.0


def step(near_m, far_m=0.5):
    """A wall with its left half nearer, in the middle of nothing."""
    depth = np.full((60, 80), np.inf, np.float32)
    depth[10:50, 10:40], depth[10:50, 40:70] = near_m, far_m
    return depth


def test_the_farther_side_of_a_step_is_darkened_and_less_so_away_from_it():
    light = creases(step(0.48), FOCAL)[30]
    assert light[39] == 1, "what is in front casts the shadow, it has none"
    assert DARKEST <= light[40] < light[46] <= light[54] <= light[66] == pytest.approx(1, abs=1e-3)


def test_deeper_steps_are_darker_up_to_a_limit():
    darkest = [creases(step(0.5 - depth), FOCAL).min() for depth in (0.002, 0.01, 0.1)]
    assert 1 > darkest[0] > darkest[1] > darkest[2] >= DARKEST


def test_a_wall_and_its_border_with_nothing_have_no_shadow():
    np.testing.assert_allclose(creases(step(0.5), FOCAL), 1, atol=1e-5)
    np.testing.assert_array_equal(creases(np.full((4, 5), np.inf, np.float32), FOCAL), 1)


def test_shadows_keep_their_size_on_the_hand_at_any_distance():
    """The same scene twice as far away through a lens twice as long is the same picture."""
    near, far = creases(step(0.48, 0.5), FOCAL), creases(step(0.98, 1.0), 2 * FOCAL)
    np.testing.assert_allclose(near, far, atol=0.02)
