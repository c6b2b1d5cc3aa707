"""The device decides a hand's side as its track would."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from hand_recon_ros.device.asking import least_right
from hand_recon_ros.pipeline.tracking import Track, new_track
from hand_recon_ros.types import Side

PIXELS = np.zeros((21, 2), np.float32)
PROBABILITIES = st.floats(0, 1, width=32)


@settings(max_examples=300)
@given(evidence=st.floats(-60, 60), right=PROBABILITIES)
def test_a_track_is_a_right_hand_from_the_least_probability_on(evidence, right):
    least = least_right(evidence)
    for probability in (np.float32(right), np.nextafter(least, np.float32(0)), least):
        if 0 <= probability <= 1:
            side = Track(1, PIXELS, evidence).seen_again(PIXELS, float(probability)).side
            assert (side == Side.RIGHT) == (probability >= least)


@given(right=PROBABILITIES)
def test_so_is_a_new_one(right):
    assert (new_track(1, PIXELS, right).side == Side.RIGHT) == (np.float32(right) >= least_right(0.0))
