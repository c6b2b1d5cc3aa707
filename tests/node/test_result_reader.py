"""Pictures of a recording with the hands found in them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from messages import make_frame, make_hand

from hand_recon_ros.bus.hand_codec import HAND_ARRAY, Delivery, encode_hand_array
from hand_recon_ros.bus.image_codec import IMAGE, encode_image
from hand_recon_ros.bus.recorder import BagWriter
from hand_recon_ros.hand_model import load_free_hand
from hand_recon_ros.hand_model.posed import with_mesh
from hand_recon_ros.node.result_reader import read_results
from hand_recon_ros.types import Hand, Side

STAMP = 5_000_000_007


def recorded(path: Path, *hands: Hand, vertices: bool = False) -> Path:
    with BagWriter(path) as writer:
        writer.add_topic("/image", IMAGE)
        writer.add_topic("/hand_recon/hands", HAND_ARRAY)
        writer.write("/image", STAMP, encode_image(STAMP, "camera", np.full((480, 640, 3), 7, np.uint8)))
        frame = make_frame(*hands, stamp_ns=STAMP)
        writer.write("/hand_recon/hands", STAMP, encode_hand_array(frame, Delivery(), vertices))
    return path


@pytest.mark.parametrize("side", [Side.LEFT, Side.RIGHT])
def test_a_free_hand_recorded_without_vertices_has_its_mesh(tmp_path: Path, side: Side) -> None:
    model = load_free_hand(side)
    sent = replace(make_hand(3, side), faces=model.faces)
    ((rgb, frame),) = read_results(recorded(tmp_path / "a.mcap", sent))
    assert (rgb == 7).all() and frame.stamp_ns == STAMP
    np.testing.assert_array_equal(frame.hands[0].vertices, with_mesh(sent, model).vertices)
    np.testing.assert_array_equal(frame.hands[0].faces, model.faces)


def test_recorded_vertices_stay_as_they_are(tmp_path: Path) -> None:
    sent = replace(make_hand(3), faces=load_free_hand().faces)
    ((_, frame),) = read_results(recorded(tmp_path / "a.mcap", sent, vertices=True))
    np.testing.assert_array_equal(frame.hands[0].vertices, sent.vertices)


@pytest.mark.parametrize("sent", [make_hand(3), replace(make_hand(3, pose=False), faces=load_free_hand().faces)])
def test_hands_of_another_model_or_without_a_pose_have_no_mesh(tmp_path: Path, sent: Hand) -> None:
    ((_, frame),) = read_results(recorded(tmp_path / "a.mcap", sent))
    assert len(frame.hands[0].vertices) == 0
