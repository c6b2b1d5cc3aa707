from __future__ import annotations

import numpy as np
import pytest

from hand_recon_ros.hand_model import free_hand_anatomy, load_free_hand
from hand_recon_ros.pipeline.articulation import Articulation, attach_points
from hand_recon_ros.pipeline.hand_state import HandState

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

    def draw(count: int, seed: int, shape_sd: float = 1.0) -> HandState:
        rng = np.random.default_rng(seed)
        angles = np.zeros((count, 15, 3))
        joint, axis = articulation.free.T
        lower, upper = articulation.lower[joint, axis], articulation.upper[joint, axis]
        angles[:, joint, axis] = lower + (upper - lower) * rng.uniform(0.05, 0.7, (count, len(joint)))
        root = np.linalg.qr(rng.normal(size=(count, 3, 3)))[0]
        root *= np.linalg.det(root)[:, None, None]
        translation = np.column_stack([rng.uniform(-0.1, 0.1, (count, 2)), rng.uniform(0.3, 0.9, count)])
        return HandState(root, translation, angles, rng.normal(scale=shape_sd, size=(count, 10)))

    return draw
