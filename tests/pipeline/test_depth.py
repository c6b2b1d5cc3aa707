import numpy as np
import pytest

from hand_recon_ros import CameraModel
from hand_recon_ros.camera import project
from hand_recon_ros.hand_model import load_free_hand
from hand_recon_ros.pipeline.depth import measured_scale

CAMERA = CameraModel(500, 500, 319.5, 239.5, 640, 480)


@pytest.fixture(scope="module")
def scene():
    """A hand assumed at 0.5 m whose true distance is 12 % more, before a wall at 1.2 m; and its depth image."""
    hand = load_free_hand()
    upright = np.array([[0.0, 0, 1], [1, 0, 0], [0, 1, 0]])
    vertices = (hand.template - hand.template.mean(axis=0)) @ upright.T + (0.02, -0.01, 0.5)
    depth = np.full((480, 640), 1.2, np.float32)
    corners = vertices[hand.faces]
    for a, b in np.random.default_rng(0).dirichlet((1, 1, 1), 60)[:, :2]:
        points = a * corners[:, 0] + b * corners[:, 1] + (1 - a - b) * corners[:, 2]
        column, row = np.rint(project(CAMERA, points)).astype(int).T
        np.minimum.at(depth, (row, column), (points[:, 2] * 1.12).astype(np.float32))
    return vertices, hand.faces, depth


def box_of(vertices):
    pixels = project(CAMERA, vertices)
    return (*pixels.min(axis=0).astype(int), *pixels.max(axis=0).astype(int))


def test_the_distance_is_read_off_the_skin(scene):
    assert measured_scale(*scene[:2], CAMERA, scene[2]) == pytest.approx(1.12, abs=0.015)


def test_holes_and_noise_do_not_matter(scene):
    vertices, faces, depth = scene
    rng = np.random.default_rng(1)
    holed = depth + rng.normal(scale=0.004, size=depth.shape).astype(np.float32)
    holed[rng.random(depth.shape) < 0.4] = np.nan
    holed[rng.random(depth.shape) < 0.2] = 0
    assert measured_scale(vertices, faces, CAMERA, holed) == pytest.approx(1.12, abs=0.02)


def test_an_object_before_half_the_hand_does_not_matter(scene):
    vertices, faces, depth = scene
    u0, v0, u1, v1 = box_of(vertices)
    hidden = depth.copy()
    v, u = np.mgrid[v0 : (v0 + v1) // 2, u0 : u1 + 1]
    hidden[v, u] = 0.38 + 0.05 * np.sin(u / 15)  # a cup: round, so that it is at many distances
    assert measured_scale(vertices, faces, CAMERA, hidden) == pytest.approx(1.12, abs=0.02)


def test_no_measurement_is_said_rather_than_guessed(scene):
    vertices, faces, depth = scene
    assert np.isnan(measured_scale(vertices, faces, CAMERA, np.full_like(depth, np.nan)))
    assert np.isnan(measured_scale(vertices, faces, CAMERA, np.full_like(depth, 3.0)))
    assert np.isnan(measured_scale(vertices + (5, 0, 0), faces, CAMERA, depth)), "outside the picture"
