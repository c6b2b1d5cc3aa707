"""Meshes that turn."""

from __future__ import annotations

import numpy as np
import pytest

from hand_recon_ros.render.layers import Mesh
from hand_recon_ros.render.palette import SIDE_COLOURS
from hand_recon_ros.render.turntable import about_vertical, turntable
from hand_recon_ros.render.views import BACKGROUND, VIEWS, render_meshes
from hand_recon_ros.types import HandFrame


@pytest.mark.parametrize(("quarter", "view"), [(0, "front"), (1, "left"), (2, "back"), (3, "right")])
def test_a_turn_passes_the_four_sides(quarter: int, view: str) -> None:
    np.testing.assert_allclose(about_vertical(quarter * np.pi / 2), VIEWS[view], atol=1e-12)


def test_all_hands_turn_once_and_stay_in_the_picture(two_hands: HandFrame) -> None:
    pictures = list(turntable(two_hands.hands, pictures=6, size=80))
    meshes = [Mesh(hand.vertices, hand.faces, SIDE_COLOURS[hand.side]) for hand in two_hands.hands]
    np.testing.assert_array_equal(pictures[0], render_meshes(meshes, VIEWS["front"], 80))
    assert len({picture.tobytes() for picture in pictures}) == 6
    for picture in pictures:
        shown = (picture != BACKGROUND).any(axis=2)
        assert shown.any() and not shown[[0, -1]].any() and not shown[:, [0, -1]].any()


def test_sides_change_places_in_half_a_turn(two_hands: HandFrame) -> None:
    front, back = turntable(two_hands.hands, pictures=2, size=80)
    for picture, warm_half in ((front, np.s_[:, :40]), (back, np.s_[:, 40:])):
        red, _, blue = picture[warm_half].astype(int).reshape(-1, 3).sum(axis=0)
        assert red > blue, "the right hand, orange, stands left of the left hand in front and right of it from behind"
