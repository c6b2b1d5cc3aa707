"""HandArray messages read back into frames."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest
from messages import make_frame, make_hand

from hand_recon_ros.bus.hand_codec import Delivery, encode_hand_array, encode_mesh_topology, topology_id
from hand_recon_ros.bus.hand_decoder import decode_hand_array, decode_topology
from hand_recon_ros.types import Hand, HandFrame, Side


def round_trip(frame: HandFrame, vertices: bool = True) -> HandFrame:
    faces = dict(decode_topology(encode_mesh_topology(hand)) for hand in frame.hands)
    return decode_hand_array(encode_hand_array(frame, Delivery(), vertices), faces)


def test_a_frame_comes_back_as_it_was() -> None:
    frame = make_frame(make_hand(1), make_hand(2, Side.LEFT, track_id=0))
    found = round_trip(frame)
    assert (found.camera, found.stamp_ns, found.frame_id) == (frame.camera, frame.stamp_ns, frame.frame_id)
    assert found.timing == frame.timing
    for hand, original in zip(found.hands, frame.hands, strict=True):
        for field in fields(Hand):
            if field.name in ("wrist", "model"):
                continue
            np.testing.assert_array_equal(getattr(hand, field.name), getattr(original, field.name), field.name)
        np.testing.assert_allclose(hand.wrist.rotation, original.wrist.rotation, atol=1e-5)
        np.testing.assert_array_equal(hand.wrist.position, original.wrist.position)


def test_what_was_not_estimated_stays_unknown() -> None:
    (hand,) = round_trip(make_frame(make_hand(pose=False)), vertices=False).hands
    assert hand.pose is None and hand.betas is None
    assert hand.vertices.shape == (0, 3)


def test_hands_of_an_unknown_topology_have_no_faces() -> None:
    frame = make_frame(make_hand())
    assert decode_hand_array(encode_hand_array(frame, Delivery()), {}).hands[0].faces.shape == (0, 3)
    assert topology_id(frame.hands[0].faces) != topology_id(make_hand(5).faces)


def test_a_message_cut_short_is_refused() -> None:
    cdr = encode_hand_array(make_frame(make_hand()), Delivery())
    with pytest.raises(ValueError):
        decode_hand_array(cdr[: len(cdr) // 2], {})
