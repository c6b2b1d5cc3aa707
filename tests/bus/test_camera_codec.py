"""CameraInfo: byte for byte what a generic codec writes, and the intrinsics it means for an image."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from messages import header, new, reference

from hand_recon_ros.bus.camera_codec import (
    CAMERA_INFO,
    CameraInfo,
    camera_of,
    decode_camera_info,
    encode_camera_info,
    info_of,
)
from hand_recon_ros.types import CameraModel, Roi

K = (600.0, 0.0, 320.0, 0.0, 610.0, 240.0, 0.0, 0.0, 1.0)
P = (580.0, 0.0, 322.0, 0.0, 0.0, 590.0, 242.0, 0.0, 0.0, 0.0, 1.0, 0.0)
D = (0.1, -0.2, 0.001, 0.002, 0.03)
INFO = CameraInfo(0, "camera", 640, 480, "plumb_bob", D, K, P)
FINITE = st.floats(-1e6, 1e6)


@given(st.lists(FINITE, max_size=16), st.lists(FINITE, min_size=9, max_size=9), st.sampled_from(["", "plumb_bob"]))
def test_message_equals_the_generic_codec_and_comes_back(d: list[float], k: list[float], model: str) -> None:
    info = CameraInfo(7, "camera", 640, 480, model, tuple(d), tuple(k), P, (2, 4), Roi(10, 20, 300, 200))
    roi = {"x_offset": 10, "y_offset": 20, "height": 200, "width": 300, "do_rectify": False}
    message = new(
        CAMERA_INFO,
        header=header(7, "camera"),
        height=480,
        width=640,
        distortion_model=model,
        d=np.array(d),
        k=np.array(k),
        r=np.eye(3).ravel(),
        p=np.array(P),
        binning_x=2,
        binning_y=4,
        roi=new("sensor_msgs/msg/RegionOfInterest", **roi),
    )
    cdr = encode_camera_info(info)
    assert cdr == reference(message, CAMERA_INFO)
    assert decode_camera_info(cdr) == info


def test_a_raw_image_uses_k_and_d_and_a_rectified_one_p_alone() -> None:
    assert camera_of(INFO, 640, 480) == CameraModel(600, 610, 320, 240, 640, 480, D, "plumb_bob")
    assert camera_of(INFO, 640, 480, rectified=True) == CameraModel(580, 590, 322, 242, 640, 480)


@pytest.mark.parametrize("model", ["plumb_bob", "", "made_up"])
def test_coefficients_of_zero_are_no_distortion_whatever_the_model(model: str) -> None:
    camera = camera_of(replace(INFO, d=(0.0,) * 5, distortion_model=model), 640, 480)
    assert camera is not None
    assert not camera.distorted


def test_zero_focal_length_means_uncalibrated() -> None:
    zeros = replace(INFO, k=(0.0,) * 9, p=(0.0,) * 12, d=())
    assert camera_of(zeros, 640, 480) is None
    assert camera_of(zeros, 640, 480, rectified=True) is None


def test_binning_and_region_of_interest_are_in_unbinned_pixels() -> None:
    info = replace(INFO, binning=(2, 2), roi=Roi(100, 40, 400, 300))
    assert camera_of(info, 200, 150) == CameraModel(300, 305, 110, 100, 200, 150, D)


def test_an_image_scaled_from_the_calibration_scales_the_intrinsics() -> None:
    camera = camera_of(INFO, 320, 240)
    assert camera is not None
    assert (camera.fx, camera.fy, camera.width, camera.height) == (300, 305, 320, 240)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"k": (math.nan, *K[1:])}, "finite"),
        ({"k": (-1.0, *K[1:])}, "positive"),
        ({"k": (*K[:2], math.inf, *K[3:])}, "finite"),
        ({"d": (math.nan,)}, "finite"),
        ({"d": (0.1,) * 6}, "at most 5"),
        ({"distortion_model": "made_up"}, "distortion model"),
        ({"width": 0}, "size must be positive"),
        ({"height": 640}, "not a pure scale"),
    ],
)
def test_unusable_intrinsics_are_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        camera_of(replace(INFO, **change), 640, 480)


def test_intrinsics_sent_with_results_come_back() -> None:
    camera = CameraModel(600, 610, 320, 240, 640, 480, D)
    assert camera_of(decode_camera_info(encode_camera_info(info_of(camera, 0, "camera"))), 640, 480) == camera


@given(st.data())
def test_a_damaged_message_is_a_value_error_or_a_camera(data: st.DataObject) -> None:
    cdr = encode_camera_info(INFO)
    for _ in range(3):
        cdr[data.draw(st.integers(0, len(cdr) - 1))] = data.draw(st.integers(0, 255))
    try:
        camera_of(decode_camera_info(cdr[: data.draw(st.integers(0, len(cdr)))]), 640, 480)
    except ValueError as error:
        assert str(error)
