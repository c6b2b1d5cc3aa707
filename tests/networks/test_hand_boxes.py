"""The published crop beyond its conformance case: boxes at the border, and maps there and back."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from hand_recon_ros.networks.hand_boxes import box_around, crop_to_image, cropped, mirrored_box, square_box

inside = some.floats(0, 90)
size = some.floats(3, 60)


@given(x=inside, y=inside, width=size, height=size, scale=some.floats(1, 3))
def test_the_square_has_the_middle_of_what_the_picture_shows(x, y, width, height, scale):
    left, top, side, same = square_box(np.array([x, y, width, height]), 100, 100, scale)
    shown = [min(99, start + length - 1) - start for start, length in ((x, width), (y, height))]
    assert side == same == pytest.approx(max(shown) * scale)
    assert left + side / 2 == pytest.approx(x + shown[0] / 2)
    assert top + side / 2 == pytest.approx(y + shown[1] / 2)


def test_a_box_that_sticks_out_at_the_left_is_moved():
    assert square_box(np.array([-20, 10, 31, 31]), 100, 100, 1.0).tolist() == [0, 10, 30, 30]


@pytest.mark.parametrize("box", [[10, 10, 0, 5], [120, 10, 5, 5], [10, 10, -5, -5]])
def test_a_box_without_area_in_the_picture_is_refused(box):
    with pytest.raises(ValueError, match="a box with area in a picture of 100 x 100"):
        square_box(np.array(box, float), 100, 100, 1.25)


@given(angle=some.floats(-180, 180), scale=some.floats(0.5, 2))
def test_the_crop_is_centred_on_the_box_and_as_large(angle, scale):
    to_image = crop_to_image(np.array([10, 20, 40, 40]), 256, scale, angle)
    np.testing.assert_allclose(to_image @ [128, 128, 1], [30, 40])
    edge = to_image @ [256, 128, 1] - to_image @ [0, 128, 1]
    assert np.hypot(*edge) == pytest.approx(40 * scale)
    assert np.arctan2(np.sin(np.radians(angle)), np.cos(np.radians(angle))) == pytest.approx(np.arctan2(*edge[::-1]))


def test_the_crop_shows_the_box_and_black_outside_the_picture():
    picture = np.full((60, 80, 3), 200, np.uint8)
    picture[20:30, 60:70] = (255, 0, 0)
    crop = cropped(picture, crop_to_image(np.array([55.0, 15.0, 40.0, 40.0]), 80), 80).picture
    assert crop[20, 20].tolist() == [255, 0, 0]
    assert crop[70, 10].tolist() == [200, 200, 200]
    assert crop[20, 60].tolist() == [0, 0, 0]


def test_a_mirrored_box_shows_the_mirrored_crop():
    random = np.random.default_rng(0)
    picture = cv2.resize(random.integers(0, 256, (6, 8, 3), np.uint8), (80, 60))
    box = np.array([20.0, 10.0, 30.0, 30.0])
    # An odd size has a middle pixel, about which crops mirror without a shift.
    plain = cropped(picture, crop_to_image(box, 30), 31).picture[:, 1:30]
    mirrored = cropped(np.ascontiguousarray(picture[:, ::-1]), crop_to_image(mirrored_box(box, 80), 30), 31).picture
    assert np.abs(mirrored[:, 1:30][:, ::-1].astype(int) - plain).max() <= 1


def test_a_box_around_points_is_half_as_large_again():
    assert box_around(np.array([[10.0, 20.0], [30.0, 60.0], [20.0, 50.0]])).tolist() == [5, 10, 30, 60]
