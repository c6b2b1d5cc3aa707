"""Expansion and remapping of topic names."""

from __future__ import annotations

import pytest

from hand_recon_ros.bus.names import NodeName

NODE = NodeName("hands", "/robot/left")


@pytest.mark.parametrize(
    ("topic", "expanded"),
    [
        ("image", "/robot/left/image"),
        ("image/compressed", "/robot/left/image/compressed"),
        ("~/hands", "/robot/left/hands/hands"),
        ("/tf", "/tf"),
    ],
)
def test_relative_private_and_absolute_names(topic: str, expanded: str) -> None:
    assert NODE.expand(topic) == NODE.resolve(topic) == expanded


def test_without_a_namespace_names_start_at_the_root() -> None:
    node = NodeName("hands")
    assert (node.full, node.expand("image"), node.expand("~/hands")) == ("/hands", "/image", "/hands/hands")


@pytest.mark.parametrize("topic", ["", "/", "a//b", "a/", "1a", "a-b", "a b", "~", "~~/a", "/~/a"])
def test_names_that_ros_does_not_allow_are_refused(topic: str) -> None:
    with pytest.raises(ValueError, match="topic name"):
        NODE.expand(topic)


@pytest.mark.parametrize(("name", "namespace"), [("a/b", "/"), ("", "/"), ("a", "b"), ("a", "/b/"), ("a", "")])
def test_node_names_that_ros_does_not_allow_are_refused(name: str, namespace: str) -> None:
    with pytest.raises(ValueError, match=r"node name|namespace"):
        NodeName(name, namespace)


def test_the_first_remapping_that_matches_applies_whatever_its_spelling() -> None:
    remaps = (("/robot/left/image", "/cam/image_raw"), ("image", "other"), ("~/hands", "hands"))
    node = NodeName("hands", "/robot/left", remaps)
    assert node.resolve("image") == "/cam/image_raw"
    assert node.resolve("~/hands") == "/robot/left/hands"
    assert node.resolve("depth") == "/robot/left/depth"


def test_siblings_follow_their_base_unless_remapped_themselves() -> None:
    moved = NodeName("hands", "/robot", (("image", "/cam/color/image_raw"),))
    assert moved.sibling("image", "camera_info") == "/cam/color/camera_info"
    assert moved.sibling("image", "image/compressed") == "/cam/color/image_raw/compressed"
    own = NodeName("hands", "/robot", (("image", "/cam/image_raw"), ("camera_info", "/calibration")))
    assert own.sibling("image", "camera_info") == "/calibration"
    assert NODE.sibling("image", "camera_info") == "/robot/left/camera_info"
