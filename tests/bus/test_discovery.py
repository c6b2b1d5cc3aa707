"""Environment variables of ROS 2 and the Cyclone DDS configuration they mean."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from hand_recon_ros.bus.discovery import settings_from_environment


def tree(**environment: str) -> ElementTree.Element:
    return ElementTree.fromstring(settings_from_environment(environment).config)


def peers(root: ElementTree.Element) -> list[str | None]:
    return [peer.get("address") for peer in root.iter("Peer")]


def test_without_variables_the_subnet_of_domain_zero_is_searched() -> None:
    settings = settings_from_environment({})
    assert settings.domain_id == 0
    assert tree().find(".//Interfaces") is None
    assert peers(tree()) == []


@pytest.mark.parametrize("environment", [{"ROS_LOCALHOST_ONLY": "1"}, {"ROS_AUTOMATIC_DISCOVERY_RANGE": "localhost"}])
def test_this_host_only(environment: dict[str, str]) -> None:
    root = tree(**environment)
    assert peers(root) == ["127.0.0.1"]
    assert root.findtext(".//AllowMulticast") == "false"
    assert root.findtext(".//MaxAutoParticipantIndex") == "32"


def test_off_isolates_the_process() -> None:
    root = tree(ROS_AUTOMATIC_DISCOVERY_RANGE="OFF", ROS_STATIC_PEERS="10.0.0.1")
    assert root.findtext(".//Tag")
    assert peers(root) == []


def test_static_peers_are_asked_and_cannot_break_the_xml() -> None:
    assert peers(tree(ROS_STATIC_PEERS='10.0.0.1;robot.local;"/><x')) == ["10.0.0.1", "robot.local", '"/><x']


def test_a_configuration_of_the_user_comes_last() -> None:
    settings = settings_from_environment({"CYCLONEDDS_URI": "file:///robot.xml", "ROS_DOMAIN_ID": "42"})
    assert settings.domain_id == 42
    assert settings.config.endswith(",file:///robot.xml")


@pytest.mark.parametrize("distribution", ["humble", "jazzy"])
def test_the_distribution_of_a_sourced_ros_is_taken(distribution: str) -> None:
    assert settings_from_environment({"ROS_DISTRO": distribution}).distribution == distribution


@pytest.mark.parametrize(
    "environment", [{"ROS_DOMAIN_ID": "x"}, {"ROS_DOMAIN_ID": "233"}, {"ROS_AUTOMATIC_DISCOVERY_RANGE": "MARS"}]
)
def test_values_that_ros_does_not_know_are_refused(environment: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="ROS_"):
        settings_from_environment(environment)
