"""All outputs together: names, types, quality of service, and that nothing is built for nobody."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from outputs_fixture import Published, hand

from hand_recon_ros.bus import LATCHED, RESULTS, Qos
from hand_recon_ros.node.outputs import debug_image
from hand_recon_ros.types import Side

SIDES = ("left", "right")
SIDE_TOPICS = [f"/hands/{side}/{kind}" for side in SIDES for kind in ("joints", "wrist", "joint_states")]
PINCH_TOPICS = ["/hands/left/pinch", "/hands/right/pinch"]
PICTURES = ["/hands/debug_image", "/hands/debug_image/compressed"]
LAZY = ["/hands/markers", "/tf", *SIDE_TOPICS, *PINCH_TOPICS, *PICTURES]


def test_topics_and_their_quality_of_service() -> None:
    published = Published(publish_tf=True)
    expected = dict.fromkeys(["/hands/hands", "/hands/markers", *SIDE_TOPICS, *PINCH_TOPICS], RESULTS)
    expected |= dict.fromkeys(PICTURES, Qos(reliable=True, depth=1))
    expected |= {"/hands/mesh_topology": LATCHED, "/tf": Qos(reliable=True, depth=100)}
    assert published.bus.qos == expected


def test_only_the_results_are_published_without_an_audience() -> None:
    published = Published("/nobody", publish_tf=True, tf_assumed_scale=True)
    published.publish(hand(), hand(2, Side.LEFT))
    assert published.counts == {"/hands/hands": 1, "/hands/mesh_topology": 2}


@pytest.mark.parametrize("topic", LAZY)
def test_each_output_is_published_for_its_own_audience(topic: str) -> None:
    published = Published(topic, publish_tf=True)
    published.publish(hand(), hand(2, Side.LEFT))
    assert published.counts == {"/hands/hands": 1, "/hands/mesh_topology": 2, topic: 1}


def test_a_frame_without_hands_says_nothing_about_sides_and_transforms() -> None:
    published = Published(publish_tf=True)
    published.publish()
    assert published.counts == dict.fromkeys(["/hands/hands", "/hands/markers", *PICTURES], 1)


def test_all_topics_are_left_at_the_end() -> None:
    published = Published(publish_tf=True)
    published.outputs.close()
    assert sorted(published.bus.closed) == sorted(published.bus.qos)


def test_displays_are_cleared_at_once_for_those_who_look() -> None:
    published = Published("/hands/markers")
    published.outputs.clear()
    (message,) = published.messages("/hands/markers")
    assert [marker.action for marker in message.markers] == [3]
    nobody = Published("/nobody")
    nobody.outputs.clear()
    assert nobody.counts == {}


def test_the_page_of_topics_tells_of_every_topic() -> None:
    page = (Path(__file__).parents[2] / "docs" / "topics.md").read_text()
    told = {name.replace("<side>", side) for name in re.findall(r"^\| `([^`]+)`", page, re.M) for side in SIDES}
    names = {topic.replace("/hands/", "~/") for topic in Published(publish_tf=True).bus.qos}
    assert names <= told


def test_pictures_are_named_for_recordings_to_leave_them_out() -> None:
    assert [name.replace("~", "/hands") for name in debug_image.DEBUG_IMAGES] == PICTURES
