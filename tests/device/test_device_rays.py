"""Rays from a coarse grid are those that the CPU path computes."""

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from hand_recon_ros.camera import normalise
from hand_recon_ros.device.rays import KEYS, RayMaps, affine, look_up, to_map, to_ray
from hand_recon_ros.types import CameraModel

CPU = torch.device("cpu")
CROP = 224


def device_rays(camera, to_image, pixels):
    """Rays (L, 2) of a crop's pixels (L, 2), as the device finds them."""
    maps = RayMaps(CPU)
    number = torch.tensor([maps.number(camera)], dtype=torch.int32)
    points = torch.tensor(pixels, dtype=torch.float32)[None]
    pinhole, places = (
        affine(torch.tensor(map_of(camera, to_image[None]), dtype=torch.float32), points) for map_of in (to_ray, to_map)
    )
    return (pinhole + look_up(maps.maps, torch.tensor(KEYS), number, places))[0].numpy()


def error_px(camera, seed):
    """The largest error over points of a crop that lie in the picture or a little beside it."""
    rng = np.random.default_rng(seed)
    angle, side = rng.uniform(-3, 3), rng.uniform(0.1, 0.8) * camera.width
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) * side / CROP
    centre = rng.uniform(0, 1, 2) * (camera.width, camera.height)
    to_image = np.column_stack([turn, centre - turn @ np.full(2, CROP / 2)])
    crop = rng.uniform(0, CROP, (200, 2))
    pixels = crop @ turn.T + to_image[:, 2]
    share = (pixels + 0.5) / (camera.width, camera.height)
    crop = crop[((share > -0.03) & (share < 1.03)).all(axis=1)]
    assume(len(crop))
    wanted = normalise(camera, crop @ turn.T + to_image[:, 2])
    off = np.abs(device_rays(camera, to_image, crop) - wanted) / (1 + (wanted**2).sum(axis=1, keepdims=True))
    return float(off.max() * camera.fx)


@settings(max_examples=25, deadline=None)
@given(
    focal=st.floats(0.6, 1.5),
    k1=st.floats(-0.25, 0.3),
    k2=st.floats(-0.05, 0.1),
    p1=st.floats(-2e-3, 2e-3),
    p2=st.floats(-2e-3, 2e-3),
    seed=st.integers(0, 99),
)
def test_a_lens_with_plumb_bob(focal, k1, k2, p1, p2, seed):
    camera = CameraModel(focal * 1280, focal * 1280, 650.0, 350.0, 1280, 720, (k1, k2, p1, p2, 0.0))
    radius = np.linspace(0, np.hypot(0.6, 0.35) / focal, 50)
    assume((1 + 3 * k1 * radius**2 + 5 * k2 * radius**4 > 0.4).all())  # the lens does not fold the picture
    assert error_px(camera, seed) < 0.05


@settings(max_examples=15, deadline=None)
@given(k1=st.floats(-0.02, 0.02), k2=st.floats(-0.01, 0.01), seed=st.integers(0, 99))
def test_a_fisheye(k1, k2, seed):
    camera = CameraModel(700.0, 700.0, 640.0, 360.0, 1280, 720, (k1, k2, 0.0, 0.0), "equidistant")
    assert error_px(camera, seed) < 0.05


def test_a_pinhole_is_exact_wherever_a_point_lies():
    camera = CameraModel(900.0, 910.0, 640.0, 360.0, 1280, 720)
    to_image = np.array([[9.0, 0, -700], [0, 9.0, -700]])
    crop = np.random.default_rng(0).uniform(-200, 400, (50, 2))
    wanted = normalise(camera, crop * 9 - 700)
    assert device_rays(camera, to_image, crop) == pytest.approx(wanted, abs=1e-5)


def test_a_camera_gets_one_map_and_old_ones_make_room(monkeypatch):
    monkeypatch.setattr("hand_recon_ros.device.rays.CAMERAS", 2)
    maps = RayMaps(CPU)
    lenses = [CameraModel(500.0, 500.0, 320.0, 240.0, 640, 480, (k / 100,)) for k in (1, 2, 3)]
    assert [maps.number(camera) for camera in (*lenses[:2], *lenses[:2])] == [1, 2, 1, 2]
    assert maps.number(lenses[2]) == 1 and maps.number(CameraModel(1.0, 1.0, 0.0, 0.0, 4, 4)) == 0
    assert maps.maps[1].abs().sum() > 0 and not maps.maps[0].any()
