from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from hand_states import draw_right_hands

from hand_recon_ros.hand_model import free_hand_anatomy, load_free_hand
from hand_recon_ros.pipeline.articulation import Articulation, attach_points

JOINTS_TO_21 = [0, 13, 14, 15, 16, 1, 2, 3, 17, 4, 5, 6, 18, 10, 11, 12, 19, 7, 8, 9, 20]


@pytest.fixture(scope="session")
def articulation() -> Articulation:
    """The free hand with its 16 regressed joints and 5 tips as points."""
    hand = load_free_hand()
    tips = np.eye(len(hand.template))[hand.tip_vertices]
    return attach_points(hand, free_hand_anatomy(), np.concatenate([hand.joint_regressor, tips])[JOINTS_TO_21])


@pytest.fixture(scope="session")
def random_hands(articulation):
    """A function that draws right hands within the limits, in front of the camera."""
    return partial(draw_right_hands, articulation)
