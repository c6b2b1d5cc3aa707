"""Results for their picture at another size."""

from __future__ import annotations

import numpy as np
import pytest

from hand_recon_ros.camera import project
from hand_recon_ros.render.scaled import fitted, scaled_frame
from hand_recon_ros.types import HandFrame


def test_scaled_hands_lie_on_the_scaled_picture(two_hands: HandFrame) -> None:
    large = scaled_frame(two_hands, 640, 480)
    for before, hand in zip(two_hands.hands, large.hands, strict=True):
        np.testing.assert_allclose(hand.joints_2d, project(large.camera, hand.joints), atol=1e-2)
        assert hand.roi.width == 2 * before.roi.width


@pytest.mark.parametrize("longest", [80, 320, 700])
def test_a_fitted_picture_has_its_longer_side_and_its_own_camera(two_hands: HandFrame, longest: int) -> None:
    rgb, frame = fitted(np.zeros((240, 320, 3), np.uint8), two_hands, longest)
    assert rgb.shape == (longest * 3 // 4, longest, 3) and rgb.dtype == np.uint8
    assert (frame.camera.width, frame.camera.height) == rgb.shape[1::-1]
