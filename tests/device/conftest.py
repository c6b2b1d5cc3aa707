from __future__ import annotations

from functools import partial

import pytest
from device_helpers import CPU
from hand_states import draw_right_hands

from hand_recon_ros.device.articulation import point_tables
from hand_recon_ros.device.loading import load_parts
from hand_recon_ros.hand_model import load_free_hand
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
    return partial(draw_right_hands, articulation)
