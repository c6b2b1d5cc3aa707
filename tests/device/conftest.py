from __future__ import annotations

import numpy as np
import pytest
from device_helpers import CPU

from hand_recon_ros.device.articulation import point_tables
from hand_recon_ros.device.loading import load_parts
from hand_recon_ros.hand_model import load_free_hand
from hand_recon_ros.pipeline.hand_state import HandState
from hand_recon_ros.pipeline.recipes import find_recipe, load_articulation


@pytest.fixture(scope="session")
def articulation():
    """The free hand with the landmark network's points."""
    return load_articulation(load_free_hand(), find_recipe("default"))


@pytest.fixture(scope="session")
def tables(articulation):
    """The same for the device."""
    return point_tables(articulation, CPU)


@pytest.fixture(scope="session")
def parts(articulation):
    """What the stages compute with."""
    return load_parts(find_recipe("default"), load_free_hand(), articulation, CPU, "float32")


@pytest.fixture(scope="session")
def random_hands(articulation):
    """A function that draws right hands within the limits, in front of the camera."""

    def draw(count: int, seed: int) -> HandState:
        rng = np.random.default_rng(seed)
        angles = np.zeros((count, 15, 3))
        joint, axis = articulation.free.T
        lower, upper = articulation.lower[joint, axis], articulation.upper[joint, axis]
        angles[:, joint, axis] = lower + (upper - lower) * rng.uniform(0.05, 0.7, (count, len(joint)))
        root = np.linalg.qr(rng.normal(size=(count, 3, 3)))[0]
        root *= np.linalg.det(root)[:, None, None]
        translation = np.column_stack([rng.uniform(-0.1, 0.1, (count, 2)), rng.uniform(0.3, 0.9, count)])
        return HandState(root, translation, angles, rng.normal(size=(count, 10)))

    return draw
