"""The drawings of the pages show what the code does."""

from __future__ import annotations

import re

import numpy as np
import pytest
from pages import PAGES, ROOT

from hand_recon_ros.camera import project
from hand_recon_ros.types import Joint, Side
from tools import convention_figures
from tools.convention_figures import FACING, figures, operator_frame, upright, view_from
from tools.make_clip import CAMERA, hand_at
from tools.scale_table import rendered_depth


def test_every_picture_of_a_page_is_there_and_no_other() -> None:
    shown = {name for page in PAGES.values() for name in re.findall(r"images/([\w./]+)\)", page.read_text())}
    pictures = ROOT / "docs" / "images"
    assert shown == {path.relative_to(pictures).as_posix() for path in pictures.rglob("*.png")}


@pytest.mark.parametrize("side", [Side.LEFT, Side.RIGHT])
def test_the_drawn_wrists_have_the_frame_that_the_page_describes(side: Side) -> None:
    hand = upright(side, (0, 0, 0))
    x, y, z = operator_frame(hand).T
    across = hand.joints[Joint.INDEX_MCP] - hand.joints[Joint.PINKY_MCP]  # from pinky to thumb
    assert x @ (0, 0, -1) > 0.99  # out of the palm, to the viewer
    assert z @ (hand.joints[Joint.MIDDLE_TIP] - hand.joints[0]) > 0.15
    assert np.sign(y @ across) == (1 if side == Side.RIGHT else -1)
    np.testing.assert_allclose(np.cross(x, y), z, atol=1e-6)


def test_a_view_keeps_what_it_looks_at_in_the_middle() -> None:
    view = view_from((0.3, -0.2, -1.0), (0.1, 0.0, 0.2), 500, 640, 480)
    np.testing.assert_allclose(view.pixels(np.array([0.1, 0.0, 0.2])), (319.5, 239.5), atol=1e-3)
    np.testing.assert_allclose(view.rotation @ view.rotation.T, FACING, atol=1e-12)


def test_the_drawings_are_drawn_on_the_pictures_of_the_pages() -> None:
    drawn = dict(figures())
    assert {"joint_order.png", "wrist_frames.png", "camera_frame.png", "pixels.png"} == drawn.keys()
    for picture in drawn.values():
        assert picture.dtype == np.uint8 and picture.std() > 5
        assert (picture[0] == convention_figures.BACKGROUND).all(), "something is cut off at the top"


def test_the_rendered_depth_is_that_of_skin_before_the_joints() -> None:
    depth, hand = rendered_depth(0.0), hand_at(Side.RIGHT, 0.0)
    column, row = np.rint(project(CAMERA, hand.joints[Joint.MIDDLE_MCP])).astype(int)
    assert 0 < hand.joints[Joint.MIDDLE_MCP, 2] - depth[row, column] < 0.03
    assert depth[0, 0] == 0
