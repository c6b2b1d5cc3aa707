"""Placement is exact where the truth is: random hands, cameras and lenses."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hand_recon_ros import CameraModel
from hand_recon_ros.camera import normalise, project
from hand_recon_ros.pipeline.placement import USUAL_DISTANCE, translations_by_size, translations_onto_rays

unit = st.floats(-1, 1)


@st.composite
def cameras(draw):
    """Pinhole cameras with and without lenses, mild enough to be inverted everywhere in the picture."""
    width, height = draw(st.sampled_from([(640, 480), (1280, 720), (480, 640)]))
    focal = draw(st.floats(0.7, 2.0)) * max(width, height)
    squeeze = draw(st.floats(0.95, 1.05))
    model, coefficients = draw(
        st.sampled_from(
            [
                ("plumb_bob", (0.0,) * 5),
                ("plumb_bob", (0.12, 0.04, 1e-3, 1e-3, 0.0)),
                ("rational_polynomial", (0.1, 0.05, 1e-3, 1e-3, 0.01, 0.1, 0.05, 0.01)),
                ("equidistant", (0.05, 0.02, 5e-3, 2e-3)),
            ]
        )
    )
    bent = tuple(draw(st.floats(-1, 1)) * value for value in coefficients)
    cx, cy = width / 2 + 20 * draw(unit), height / 2 + 20 * draw(unit)
    return CameraModel(focal, focal * squeeze, cx, cy, width, height, bent, model)


@st.composite
def places(draw, count):
    """Translations (count, 3) of hands that the camera sees."""
    return np.array([[0.15 * draw(unit), 0.1 * draw(unit), draw(st.floats(0.4, 1.5))] for _ in range(count)])


def hand(seed, count=1):
    return np.random.default_rng(seed).uniform(-0.09, 0.09, (count, 21, 3))


@settings(deadline=None)
@given(cameras(), places(3), st.integers(0, 2**16))
def test_hands_are_found_where_they_stand(camera, truth, seed):
    points = hand(seed, 3)
    rays = normalise(camera, project(camera, points + truth[:, None])).astype(np.float64)
    assert translations_onto_rays(points, rays) == pytest.approx(truth, abs=2e-3, rel=2e-3)


@settings(deadline=None)
@given(cameras(), places(2), st.integers(0, 2**16))
def test_hands_that_share_an_origin_keep_their_places_to_each_other(camera, truth, seed):
    points = hand(seed, 4)
    groups = np.array([0, 1, 1, 0])
    rays = normalise(camera, project(camera, points + truth[groups][:, None])).astype(np.float64)
    found = translations_onto_rays(points, rays, 3 * groups)
    assert found == pytest.approx(truth[groups], abs=2e-3, rel=2e-3)
    assert (found[0] == found[3]).all() and (found[1] == found[2]).all()


def test_points_that_say_behind_the_camera_are_put_before_it():
    points = hand(0)
    rays = -0.1 * points[..., :2]
    assert translations_onto_rays(points, rays)[0] == pytest.approx(
        [*(USUAL_DISTANCE * rays[0].mean(axis=0)), USUAL_DISTANCE]
    )


@settings(deadline=None)
@given(st.integers(0, 2**16), st.floats(0, 3))
def test_no_vertex_ends_behind_the_camera(seed, size):
    rng = np.random.default_rng(seed)
    vertices = size * rng.normal(size=(3, 50, 3))
    shift = translations_onto_rays(
        vertices[:, :21], rng.normal(size=(3, 21, 2)), np.array([0, 1, 0]), vertices[..., 2].min(axis=1)
    )
    assert np.isfinite(shift).all()
    assert (vertices + shift[:, None])[..., 2].min() > 0.04
    assert (shift[0] == shift[2]).all()


@settings(deadline=None)
@given(places(3), st.integers(0, 2**16))
def test_hands_placed_by_size_stand_about_where_they_do(truth, seed):
    points = hand(seed, 3)
    placed = points + truth[:, None]
    found = translations_by_size(points, placed[..., :2] / placed[..., 2:])
    assert (np.abs(found[:, 2] / truth[:, 2] - 1) < 0.3).all()
    assert np.median(np.linalg.norm(found - truth, axis=1) / truth[:, 2]) < 0.15


def test_points_of_another_hand_are_placed_by_their_size_and_not_too_near():
    points, place = hand(0), np.array([0.0, 0.0, 0.5])
    shuffled = points[:, ::-1] + place  # the same points in another order: no pose fits
    rays = shuffled[..., :2] / shuffled[..., 2:]
    assert translations_by_size(points, rays)[0, 2] == pytest.approx(0.5, rel=0.2)
    assert translations_onto_rays(points, rays)[0, 2] <= USUAL_DISTANCE
