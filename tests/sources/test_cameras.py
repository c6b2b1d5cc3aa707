"""Intrinsics as four numbers and as calibration files."""

from __future__ import annotations

import pytest
import yaml

from hand_recon_ros.sources.cameras import load_camera_info, parse_camera
from hand_recon_ros.types import CameraModel

CALIBRATION = """
image_width: 640
image_height: 480
camera_name: narrow_stereo
camera_matrix:
  rows: 3
  cols: 3
  data: [430.21, 0.0, 306.69, 0.0, 430.53, 227.22, 0.0, 0.0, 1.0]
distortion_model: plumb_bob
distortion_coefficients:
  rows: 1
  cols: 5
  data: [-0.337, 0.111, -0.0007, 0.0008, 0.0]
rectification_matrix: {rows: 3, cols: 3, data: [1, 0, 0, 0, 1, 0, 0, 0, 1]}
projection_matrix: {rows: 3, cols: 4, data: [345.7, 0, 305.3, 0, 0, 392.5, 222.3, 0, 0, 0, 1, 0]}
"""


def written(tmp_path, change=lambda entries: None):
    entries = yaml.safe_load(CALIBRATION)
    change(entries)
    path = tmp_path / "camera.yaml"
    path.write_text(yaml.safe_dump(entries))
    return path


def test_four_numbers_make_an_undistorted_camera():
    camera = parse_camera("600, 601.5,319.5,2.4e2", (640, 480))
    assert camera == CameraModel(600.0, 601.5, 319.5, 240.0, 640, 480)
    assert not camera.distorted


@pytest.mark.parametrize(
    "text, problem",
    [
        ("600,600,320", "four numbers"),
        ("600,600,320,240,1", "four numbers"),
        ("", "four numbers"),
        ("a,b,c,d", "four numbers"),
        ("600,nan,320,240", "finite"),
        ("600,inf,320,240", "finite"),
        ("0,0,0,0", "focal lengths must be positive"),
        ("-600,600,320,240", "focal lengths must be positive"),
        ("1200,1200,960,540", "outside of the picture of 640x480"),
    ],
)
def test_impossible_numbers_are_refused_with_a_sentence(text, problem):
    with pytest.raises(ValueError, match=problem):
        parse_camera(text, (640, 480))


def test_a_calibration_file_as_camera_calibration_writes_it(tmp_path):
    assert load_camera_info(written(tmp_path)) == CameraModel(
        430.21, 430.53, 306.69, 227.22, 640, 480, (-0.337, 0.111, -0.0007, 0.0008, 0.0), "plumb_bob"
    )


def test_other_distortion_models_and_none(tmp_path):
    def fisheye(entries):
        entries["distortion_model"] = "equidistant"
        entries["distortion_coefficients"]["data"] = [0.1, 0.2, 0.3, 0.4]

    assert load_camera_info(written(tmp_path, fisheye)).distortion_model == "equidistant"

    def none(entries):
        del entries["distortion_model"], entries["distortion_coefficients"]

    assert not load_camera_info(written(tmp_path, none)).distorted


@pytest.mark.parametrize(
    "change, problem",
    [
        (lambda e: e.pop("camera_matrix"), "no entry 'camera_matrix'"),
        (lambda e: e.pop("image_width"), "no entry 'image_width'"),
        (lambda e: e["camera_matrix"].update(data=[1.0] * 4), "9 numbers"),
        (lambda e: e["camera_matrix"].update(data=[0.0] * 9), "uncalibrated"),
        (lambda e: e["camera_matrix"].update(data=["x"] * 9), "could not convert"),
        (lambda e: e["camera_matrix"]["data"].__setitem__(0, float("nan")), "finite"),
        (lambda e: e["distortion_coefficients"].update(data=[0.1] * 6), "at most 5"),
        (lambda e: e.update(distortion_model="thin_prism"), "distortion model must be one of"),
        (lambda e: e.update(camera_matrix=[1, 2]), "is none"),
        (lambda e: e.update(image_height=0), "positive pixels"),
    ],
)
def test_calibrations_that_make_no_camera_are_refused_with_a_sentence(tmp_path, change, problem):
    with pytest.raises(ValueError, match=problem) as caught:
        load_camera_info(written(tmp_path, change))
    assert "camera.yaml" in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "content", [b"", b"- 1\n- 2\n", b"{", b"\xff\xfe\x00", b"just words", b"a: !!python/name:os.system"]
)
def test_files_that_are_no_calibrations_are_refused_with_a_sentence(tmp_path, content):
    (tmp_path / "camera.yaml").write_bytes(content)
    with pytest.raises(ValueError, match=r"camera\.yaml is none"):
        load_camera_info(tmp_path / "camera.yaml")


def test_files_too_large_to_be_a_calibration_are_not_parsed(tmp_path):
    (tmp_path / "camera.yaml").write_bytes(b"#" * 1_000_001)
    with pytest.raises(ValueError, match="larger than"):
        load_camera_info(tmp_path / "camera.yaml")
