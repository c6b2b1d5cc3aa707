"""Meshes from pose and shape alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hand_recon_ros.hand_model import load_free_hand
from hand_recon_ros.hand_model.posed import with_mesh
from hand_recon_ros.hand_model.rotations import matrix_to_axis_angle
from hand_recon_ros.types import HandFrame


def test_the_mesh_that_was_left_out_comes_back(two_hands: HandFrame) -> None:
    for hand in two_hands.hands:
        pose = np.zeros((16, 3), np.float32)
        pose[0] = matrix_to_axis_angle(hand.wrist.rotation[None])[0]  # as the fixture turns it
        bare = replace(hand, pose=pose, vertices=np.empty((0, 3), np.float32))
        again = with_mesh(bare, load_free_hand(hand.side))
        np.testing.assert_allclose(again.vertices, hand.vertices, atol=1e-6)
        assert again.model == "free_hand"


def test_a_hand_without_pose_has_no_mesh(two_hands: HandFrame) -> None:
    hand = replace(two_hands.hands[0], pose=None)
    with pytest.raises(ValueError, match="expected a hand with pose and shape"):
        with_mesh(hand, load_free_hand(hand.side))
