"""Following a node from outside."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from memory_bus import MemoryBus
from messages import make_hand
from outputs_fixture import hand

from hand_recon_ros.bus.compressed_codec import encode_compressed_image
from hand_recon_ros.bus.hand_codec import Delivery, encode_hand_array, encode_mesh_topology
from hand_recon_ros.hand_model import load_free_hand
from hand_recon_ros.hand_model.posed import with_mesh
from hand_recon_ros.node.hand_feed import WAITING, HandFeed
from hand_recon_ros.types import ByteImage, CameraModel, Hand, HandFrame, Side

CAMERA = CameraModel(50, 50, 32, 24, 64, 48)
HANDS, TOPOLOGY, IMAGE = "/hand_recon/hands", "/hand_recon/mesh_topology", "/image"
Shot = tuple[ByteImage | None, HandFrame]


class Followed:
    """A feed and the node that it follows."""

    def __init__(self) -> None:
        self.bus = MemoryBus()
        self.stop = threading.Event()
        self.shots: Iterator[Shot] = HandFeed(self.bus, image_topic=IMAGE).shots(self.stop)

    def publish(self, *hands: Hand, stamp: int = 1, vertices: bool = False) -> None:
        frame = HandFrame(hands, CAMERA, stamp, "camera")
        self.bus.callbacks[HANDS](memoryview(encode_hand_array(frame, Delivery(), vertices)))

    def newest(self) -> Shot:
        return next(self.shots)


@pytest.fixture
def followed() -> Followed:
    return Followed()


@pytest.mark.parametrize("side", [Side.LEFT, Side.RIGHT])
def test_a_free_hand_comes_with_the_mesh_that_the_node_left_out(followed: Followed, side: Side) -> None:
    model = load_free_hand(side)
    sent = replace(make_hand(3, side), faces=model.faces)
    followed.publish(sent)
    (seen,) = followed.newest()[1].hands
    np.testing.assert_array_equal(seen.vertices, with_mesh(sent, model).vertices)
    np.testing.assert_array_equal(seen.faces, model.faces)


def test_vertices_that_come_are_shown_as_they_are(followed: Followed) -> None:
    sent = replace(make_hand(3), faces=load_free_hand().faces)
    followed.publish(sent, vertices=True)
    np.testing.assert_array_equal(followed.newest()[1].hands[0].vertices, sent.vertices)


def test_faces_of_another_mesh_come_with_its_topology(followed: Followed) -> None:
    sent = hand()
    followed.publish(sent, vertices=True)
    assert not len(followed.newest()[1].hands[0].faces)
    followed.bus.callbacks[TOPOLOGY](memoryview(encode_mesh_topology(sent)))
    followed.publish(sent, vertices=True)
    np.testing.assert_array_equal(followed.newest()[1].hands[0].faces, sent.faces)


def test_a_hand_of_another_model_without_vertices_stays_without(followed: Followed) -> None:
    followed.publish(make_hand(3))
    assert not len(followed.newest()[1].hands[0].vertices)


def test_the_picture_is_the_one_of_the_same_stamp(followed: Followed) -> None:
    followed.bus.image(5, stamp=1)
    followed.bus.image(9, stamp=2)
    followed.publish(stamp=1)
    picture, frame = followed.newest()
    assert picture is not None and picture[0, 0, 0] == 5 and frame.hands == ()
    followed.publish(stamp=3)
    assert followed.newest()[0] is None


def test_pictures_without_results_do_not_pile_up(followed: Followed) -> None:
    for stamp in range(1, WAITING + 2):
        followed.bus.image(1, stamp=stamp)
    followed.publish(stamp=1)
    assert followed.newest()[0] is None
    followed.publish(stamp=2)
    assert followed.newest()[0] is not None


def test_damaged_messages_are_left_out(followed: Followed) -> None:
    for topic in (HANDS, TOPOLOGY, IMAGE):
        followed.bus.callbacks[topic](memoryview(b"\0\1\0\0broken"))
    followed.publish(stamp=4)
    picture, frame = followed.newest()
    assert picture is None and frame.stamp_ns == 4


def test_a_damaged_picture_does_not_keep_its_hands_away(followed: Followed) -> None:
    followed.bus.callbacks[IMAGE](memoryview(encode_compressed_image(4, "camera", b"no image message")))
    followed.publish(stamp=4)
    picture, frame = followed.newest()
    assert picture is None and frame.stamp_ns == 4


def test_only_the_newest_result_is_shown(followed: Followed) -> None:
    for stamp in (1, 2, 3):
        followed.publish(stamp=stamp)
    assert followed.newest()[1].stamp_ns == 3


def test_stopping_ends_the_feed(followed: Followed) -> None:
    followed.stop.set()
    assert list(followed.shots) == []
