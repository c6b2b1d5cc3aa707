"""What comes for RViz and Foxglove shows topics that the node has, as the types that it publishes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from outputs_fixture import Published, hand

from hand_recon_ros.hand_model import ANGLES
from hand_recon_ros.types import Side

CONFIG = Path(__file__).parents[2] / "config"
INPUTS = {"/image": "sensor_msgs/msg/Image", "/camera_info": "sensor_msgs/msg/CameraInfo"}
SHOWN_BY = {
    "MarkerArray": "visualization_msgs/msg/MarkerArray",
    "Image": "sensor_msgs/msg/Image",
    "Pose": "geometry_msgs/msg/PoseStamped",
}


@pytest.fixture(scope="module")
def types() -> dict[str, str]:
    """Types of the node's topics, under its default name, and of its inputs."""
    published = Published(publish_tf=True)
    published.publish(hand(1), hand(2, Side.LEFT))
    sent = published.bus.sent.items()
    return INPUTS | {topic.replace("/hands/", "/hand_recon/", 1): messages[0].__msgtype__ for topic, messages in sent}


@pytest.fixture(scope="module")
def rviz() -> dict[str, Any]:
    return yaml.safe_load((CONFIG / "hand_recon.rviz").read_text())["Visualization Manager"]


@pytest.fixture(scope="module")
def foxglove() -> dict[str, Any]:
    return json.loads((CONFIG / "foxglove_layout.json").read_text())


def test_rviz_shows_image_hands_wrists_and_frames_at_once(rviz: dict[str, Any], types: dict[str, str]) -> None:
    shown = [d["Class"].removeprefix("rviz_default_plugins/") for d in rviz["Displays"] if d["Enabled"]]
    assert sorted(shown) == ["Grid", "Image", "MarkerArray", "Pose", "Pose", "TF"]
    for display in rviz["Displays"]:
        if "Topic" in display:
            kind, topic = display["Class"].removeprefix("rviz_default_plugins/"), display["Topic"]["Value"]
            assert types["/" + topic] == SHOWN_BY[kind], "relative, so that a namespace moves it"


def test_rviz_asks_for_what_the_node_offers(rviz: dict[str, Any]) -> None:
    offered = Published().bus.qos
    for display in rviz["Displays"]:
        name = display.get("Topic", {}).get("Value", "").replace("hand_recon/", "/hands/")
        if name in offered:
            assert (display["Topic"]["Reliability Policy"] == "Reliable") == offered[name].reliable
            assert (display["Topic"]["Durability Policy"] == "Volatile") == (not offered[name].transient_local)


def test_names_of_displays_are_different(rviz: dict[str, Any]) -> None:
    names = [display["Name"] for display in rviz["Displays"]]
    assert len(set(names)) == len(names)


def test_rviz_looks_at_hands_before_the_camera(rviz: dict[str, Any]) -> None:
    frame = rviz["Global Options"]["Fixed Frame"]
    assert re.fullmatch(r"[a-z_]+", frame), "the frame of an image has no slash before it"
    view = rviz["Views"]["Current"]
    assert view["Target Frame"] == "<Fixed Frame>"
    assert 0.3 <= view["Focal Point"]["Z"] <= 1, "metres before the camera"


def panels(layout: Any) -> Iterator[str]:
    if isinstance(layout, str):
        yield layout
    else:
        yield from panels(layout["first"])
        yield from panels(layout["second"])


def test_foxglove_arranges_every_panel_once(foxglove: dict[str, Any]) -> None:
    assert sorted(panels(foxglove["layout"])) == sorted(foxglove["configById"])


def test_foxglove_shows_topics_of_the_node(foxglove: dict[str, Any], types: dict[str, str]) -> None:
    named = set(re.findall(r'"(/[a-z_/]+)[".]', json.dumps(foxglove)))
    assert named <= set(types)
    space = foxglove["configById"]["3D!hands"]
    assert set(space["topics"]) == {"/hand_recon/markers", "/hand_recon/left/wrist", "/hand_recon/right/wrist"}
    assert space["scene"]["transforms"]["visible"]
    image = foxglove["configById"]["Image!camera"]
    assert image["imageMode"] == {"imageTopic": "/image", "calibrationTopic": "/camera_info"}
    assert image["topics"]["/hand_recon/markers"]["visible"]


def test_both_look_from_the_same_frame(foxglove: dict[str, Any], rviz: dict[str, Any]) -> None:
    assert foxglove["configById"]["3D!hands"]["followTf"] == rviz["Global Options"]["Fixed Frame"]


def test_plotted_angles_are_what_their_labels_say(foxglove: dict[str, Any]) -> None:
    for path in foxglove["configById"]["Plot!angles"]["paths"]:
        number = re.fullmatch(r"/hand_recon/right/joint_states\.position\[(\d+)\]", path["value"])
        assert number is not None
        assert ANGLES[int(number[1])] == path["label"]
