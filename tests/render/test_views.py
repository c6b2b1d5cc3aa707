"""Pictures of a mesh by itself."""

from __future__ import annotations

import numpy as np
import pytest

from hand_recon_ros.hand_model import load_free_hand
from hand_recon_ros.render.views import BACKGROUND, VIEWS, contact_sheet, draw_side_views, render_mesh


def outline(picture):
    return (picture != BACKGROUND).any(axis=2)


def test_a_mesh_fills_the_picture_wherever_and_however_large_it_is():
    hand = load_free_hand()
    first = render_mesh(hand.template, hand.faces, size=120)
    again = render_mesh(hand.template * 50 + (3, -2, 9), hand.faces, size=120)
    np.testing.assert_array_equal(outline(first), outline(again))
    extent = np.ptp(np.argwhere(outline(first)), axis=0).max()
    assert 90 < extent < 120


def test_front_and_back_are_mirrored_outlines_and_opposite_sides_too():
    hand = load_free_hand()
    seen = {name: outline(render_mesh(hand.template, hand.faces, turn, 120)) for name, turn in VIEWS.items()}
    for one, other in (("front", "back"), ("left", "right")):
        agreement = seen[one] & seen[other][:, ::-1]
        assert agreement.sum() > 0.85 * seen[one].sum()  # alike but for perspective
    assert not np.array_equal(seen["front"], seen["right"])


@pytest.mark.parametrize("turn", VIEWS.values(), ids=VIEWS.keys())
def test_views_are_rotations(turn):
    np.testing.assert_allclose(turn @ turn.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(turn) == pytest.approx(1)


def test_side_views_stand_beside_one_another(two_hands):
    sheet = draw_side_views(two_hands.hands[0], 100)
    assert sheet.shape == (108, 4 * 104 + 4, 3)
    assert all(outline(sheet[:, k * 104 : (k + 1) * 104]).any() for k in range(4))


def test_contact_sheets_centre_pictures_in_cells():
    small, large = np.zeros((10, 20, 3), np.uint8), np.full((30, 40, 3), 9, np.uint8)
    sheet = contact_sheet([small, large, small], columns=2, gap=2)
    assert sheet.shape == (2 * 32 + 2, 2 * 42 + 2, 3)
    assert (sheet[12:22, 12:32] == 0).all() and (sheet[2:32, 44:84] == 9).all() and (sheet[44:54, 12:32] == 0).all()
    with pytest.raises(ValueError, match="needs pictures"):
        contact_sheet([], 3)
