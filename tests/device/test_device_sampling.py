"""Squares sampled on the device are those that OpenCV cuts on the host."""

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from hand_recon_ros.device.layout import SAMPLED, width_of
from hand_recon_ros.device.pictures import Placed, fill_levels, levels_of
from hand_recon_ros.device.sampling import sample, sample_letterbox, sample_regions
from hand_recon_ros.pipeline.cropping import crop_regions, letterbox, letterbox_of
from hand_recon_ros.pipeline.regions import crop_to_image

SIZE = 96
BEFORE = 37
"""Pixels of something else in front of the picture."""
WARP_TOLERANCE = 0.02 if int(cv2.__version__.split(".")[0]) >= 5 else 1.5
"""Mean difference in grey levels: OpenCV 4 rounds the places that it samples to a 32nd of a pixel."""


def picture(width, height, seed=0):
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (height // 6 + 2, width // 6 + 2, 3), np.uint8)
    return np.ascontiguousarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC))


PICTURES = {size: picture(*size) for size in ((640, 480), (416, 608), (321, 243))}


def sampled(rgb, fill, count, size):
    """Squares of a picture on the device, at rows that a function fills."""
    levels = levels_of(rgb.shape[:2], BEFORE)
    pixels = torch.zeros((levels[-1].base + levels[-1].width * levels[-1].height, 3), dtype=torch.uint8)
    pixels[BEFORE : BEFORE + rgb.shape[0] * rgb.shape[1]] = torch.from_numpy(rgb).view(-1, 3)
    fill_levels(pixels, levels)
    rows = np.zeros(count, SAMPLED)
    fill(rows, Placed(rgb.shape[:2], levels))
    table = torch.from_numpy(rows.view(np.float32).reshape(count, width_of(SAMPLED)))
    return sample(pixels, table, SAMPLED, size).numpy()


@settings(max_examples=60, deadline=None)
@given(
    size=st.sampled_from([(640, 480), (416, 608)]),
    u=st.floats(-150, 750),
    v=st.floats(-150, 750),
    side=st.floats(20, 1500),
    angle=st.floats(-3.2, 3.2),
)
def test_crops_are_those_of_the_host(size, u, v, side, angle):
    regions, rgb = np.array([[u, v, side, angle]], np.float32), PICTURES[size]
    maps = crop_to_image(regions, SIZE)
    found = sampled(rgb, lambda rows, placed: sample_regions(rows, placed, regions, maps, SIZE), 1, SIZE)
    assert np.abs(found - crop_regions([rgb], [regions], SIZE).images).mean() < WARP_TOLERANCE


@pytest.mark.parametrize("size", [(640, 480), (416, 608)])
@pytest.mark.parametrize("share", [1.0, 0.5])
def test_letterboxes_are_those_of_the_host(size, share):
    rgb = PICTURES[size]
    box = letterbox_of(rgb.shape[:2], 192, share)
    found = sampled(rgb, lambda rows, placed: sample_letterbox(rows[0], placed, box), 1, 192)[0]
    square, scale, offset = letterbox(rgb, 192, share)
    assert (box.scale, *box.offset) == (scale, *offset)
    assert np.abs(found - square).max() <= 1 and np.abs(found - square).mean() < 0.01


def test_a_picture_of_odd_sizes_lies_where_it_should():
    """Its halvings leave out a row or a column, where the host's stretch the others: details differ, places do not."""
    rgb = PICTURES[(321, 243)]
    box = letterbox_of(rgb.shape[:2], 96, 1.0)
    found = sampled(rgb, lambda rows, placed: sample_letterbox(rows[0], placed, box), 1, 96)[0]
    square = letterbox(rgb, 96)[0].astype(np.float32)
    (shift, _), off = cv2.phaseCorrelate(found.mean(axis=2), square.mean(axis=2)), np.abs(found - square).mean()
    assert np.hypot(*shift) < 0.05 and off < 8


def test_a_region_beside_the_picture_is_black():
    regions = np.array([[-400, 900, 250, 1.0], [5000, 100, 3000, 0.0]], np.float32)
    rgb = PICTURES[(640, 480)]
    maps = crop_to_image(regions, SIZE)
    assert not sampled(rgb, lambda rows, placed: sample_regions(rows, placed, regions, maps, SIZE), 2, SIZE).any()


def test_halvings_are_opencvs():
    rgb = PICTURES[(640, 480)]
    levels = levels_of((480, 640), 0)
    pixels = torch.zeros((levels[-1].base + levels[-1].width * levels[-1].height, 3), dtype=torch.uint8)
    pixels[: 640 * 480] = torch.from_numpy(rgb).view(-1, 3)
    fill_levels(pixels, levels)
    for level in levels[1:]:
        rgb = cv2.resize(rgb, (level.width, level.height), interpolation=cv2.INTER_LINEAR)
        found = pixels[level.base : level.base + level.width * level.height].view(level.height, level.width, 3)
        assert (found.numpy() == rgb).all()
