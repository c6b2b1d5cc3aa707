import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hand_recon_ros.pipeline.cropping import crop_regions, letterbox
from hand_recon_ros.pipeline.regions import crop_to_image, regions_from_landmarks, regions_from_palms

region = st.tuples(st.floats(-50, 700), st.floats(-50, 500), st.floats(20, 900), st.floats(-3.1, 3.1))


@given(region=region)
@settings(max_examples=50, deadline=None)
def test_the_crop_centre_and_corners_map_to_the_region(region):
    u, v, size, angle = region
    matrix = crop_to_image(np.array([region], np.float32), 224)[0]
    centre = matrix @ [111.5, 111.5, 1]
    corner = matrix @ [-0.5, -0.5, 1]
    assert centre == pytest.approx([u, v], abs=1e-3)
    assert np.hypot(*(corner - centre)) == pytest.approx(size / np.sqrt(2), rel=1e-4)
    up = matrix[:, :2] @ [0, -1]
    assert np.arctan2(up[0], -up[1]) == pytest.approx(angle, abs=1e-4)


def hand_pointing(direction_deg: float) -> np.ndarray:
    """21 landmarks of a flat hand: fingers fan out along the direction (0 is up, clockwise)."""
    landmarks = np.zeros((21, 2))
    for finger in range(5):
        for joint in range(4):
            landmarks[1 + 4 * finger + joint] = ((finger - 2) * 12, -60 - 15 * joint)
    turn = np.radians(direction_deg)
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    return landmarks @ rotation.T + (320, 240)


@given(direction=st.floats(-179, 179))
@settings(max_examples=30, deadline=None)
def test_a_region_turns_with_its_hand_and_holds_all_of_it(direction):
    landmarks = hand_pointing(direction)
    found = regions_from_landmarks(landmarks[None].astype(np.float32))
    assert np.degrees(found[0, 3]) == pytest.approx(direction, abs=0.1)
    to_crop = np.linalg.inv(np.vstack([crop_to_image(found, 224)[0], [0, 0, 1]]))
    inside = landmarks @ to_crop[:2, :2].T + to_crop[:2, 2]
    assert inside.min() > 0 and inside.max() < 223
    assert np.ptp(inside[:, 1]) > 80, "the hand should fill a good part of the crop"


def test_a_palm_region_reaches_out_to_the_fingers():
    box = np.array([[100, 200, 160, 260]], np.float32)
    keypoints = np.zeros((1, 7, 2), np.float32)
    keypoints[0, 0], keypoints[0, 2] = (130, 255), (130, 205)  # wrist below, middle knuckle above
    u, v, size, angle = regions_from_palms(box, keypoints)[0]
    assert (u, v, angle) == pytest.approx((130, 200, 0))
    assert size == pytest.approx(156)


def test_a_region_outside_the_picture_is_black_and_a_half_outside_one_is_half_black():
    white = np.full((100, 200, 3), 255, np.uint8)
    away, half = crop_regions([white], [np.array([[900, 900, 80, 0.3], [0, 50, 40, 0]], np.float32)], 32).images
    assert away.max() == 0
    assert (half[:, :15] == 0).all() and (half[:, 17:] == 255).all()


@pytest.mark.parametrize("size", [(48, 64), (2160, 3840), (1920, 1080)])
def test_a_crop_shows_what_lies_in_its_region_at_any_size(size):
    v, u = np.mgrid[: size[0], : size[1]]
    ramp = np.stack([255 * u / size[1], 255 * v / size[0], 0 * u], axis=-1).astype(np.uint8)
    side = min(size) * 0.8
    centre = np.array([size[1] / 2, size[0] / 2])
    crop = crop_regions([ramp], [np.array([[*centre, side, 0]], np.float32)], 224).images[0].astype(float)
    matrix = crop_to_image(np.array([[*centre, side, 0]], np.float32), 224)[0]
    for point in ((20, 30), (200, 100), (112, 210)):
        expected = (matrix @ [*point, 1]) / [size[1], size[0]] * 255
        assert crop[point[1], point[0], :2] == pytest.approx(expected, abs=255 / min(size) + 2)


@pytest.mark.parametrize("size", [(480, 640), (640, 480), (48, 64), (1, 1000)])
def test_a_letterbox_keeps_the_picture_and_says_where_it_is(size):
    picture = np.zeros((*size, 3), np.uint8)
    picture[: (size[0] + 1) // 2, : size[1] // 2] = 255
    square, scale, offset = letterbox(picture, 192)
    corner = (np.array([size[1] // 2, (size[0] + 1) // 2]) - 0.5 + 0.5) * scale + offset - 0.5
    white = square[..., 0] > 127
    assert white.any(axis=0).sum() == pytest.approx(corner[0] + 0.5 - offset[0], abs=1)
    assert white.any(axis=1).sum() == pytest.approx(max(corner[1] + 0.5 - offset[1], 1), abs=1)
