import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hand_recon_ros import CameraModel
from hand_recon_ros.camera import assumed_camera, normalise, project, scaled_camera

LENSES = [
    ("plumb_bob", ()),
    ("plumb_bob", (-0.3, 0.1, 0.001, -0.002, 0.01)),
    ("rational_polynomial", (0.5, -0.2, 0.001, 0.0, 0.01, 0.8, -0.1, 0.01)),
    ("equidistant", (0.05, -0.01, 0.002, 0.001)),
]
inside = st.tuples(st.floats(0, 639), st.floats(0, 479))


@pytest.mark.parametrize(("model", "distortion"), LENSES)
@given(pixels=st.lists(inside, min_size=1, max_size=20), depth=st.floats(0.1, 5))
@settings(max_examples=30, deadline=None)
def test_projection_returns_every_ray_to_its_pixel(model, distortion, pixels, depth):
    camera = CameraModel(500, 510, 320, 240, 640, 480, distortion, model)
    rays = normalise(camera, np.array(pixels))
    points = np.concatenate([rays, np.ones((len(rays), 1))], axis=1) * depth
    assert np.abs(project(camera, points) - pixels).max() < 0.01


def test_plumb_bob_follows_the_published_formula():
    camera = CameraModel(400, 420, 310, 250, 640, 480, (-0.2, 0.05, 0.002, -0.001, 0.01))
    k1, k2, p1, p2, k3 = camera.distortion
    x, y = 0.3, -0.2
    r2 = x * x + y * y
    radial = 1 + k1 * r2 + k2 * r2**2 + k3 * r2**3
    u = 400 * (x * radial + 2 * p1 * x * y + p2 * (r2 + 2 * x * x)) + 310
    v = 420 * (y * radial + p1 * (r2 + 2 * y * y) + 2 * p2 * x * y) + 250
    assert project(camera, np.array([[0.6, -0.4, 2.0]]))[0] == pytest.approx([u, v], abs=1e-3)


def test_an_assumed_camera_sees_its_field_of_view():
    camera = assumed_camera(1280, 720, fov_deg=70)
    left, right = normalise(camera, np.array([[-0.5, 0], [1279.5, 0]]))[:, 0]
    assert np.degrees(np.arctan(right) - np.arctan(left)) == pytest.approx(70, abs=1e-3)


def test_scaling_a_camera_scales_its_pixels():
    camera = CameraModel(500, 500, 300, 200, 640, 480)
    half = scaled_camera(camera, 320, 240)
    point = np.array([0.1, -0.05, 0.7])
    assert project(half, point) + 0.5 == pytest.approx((project(camera, point) + 0.5) / 2, abs=1e-4)


def test_a_camera_of_another_shape_is_refused():
    with pytest.raises(ValueError, match="not a pure scale"):
        scaled_camera(CameraModel(500, 500, 300, 200, 640, 480), 640, 640)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ((0, 0, 0, 0, 640, 480), "focal lengths must be positive"),
        ((float("nan"), 500, 320, 240, 640, 480), "must be finite"),
        ((500, 500, 320, 240, 0, 480), "size must be positive"),
        ((500, 500, 320, 240, 640, 480, (0.1,) * 6), "at most 5"),
        ((500, 500, 320, 240, 640, 480, (), "thin_prism"), "distortion model must be one of"),
    ],
)
def test_impossible_intrinsics_are_refused_with_a_reason(values, message):
    with pytest.raises(ValueError, match=message):
        CameraModel(*values)
