"""The managed node in rclpy: transitions, parameters, services and messages, seen by another node."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

pytest.importorskip("rclpy", reason="needs a ROS 2 installation, sourced")
pytest.importorskip("hand_recon_ros.msg", reason="needs this package built by colcon and its workspace sourced")

from peer import WAIT_S, Peer, image_of
from rclpy.parameter import Parameter
from rclpy.qos import QoSProfile, ReliabilityPolicy
from stand_in import StandIn, picture
from std_srvs.srv import SetBool, Trigger
from visualization_msgs.msg import MarkerArray

from hand_recon_ros.msg import HandArray
from hand_recon_ros.node.rclpy_node import HandLifecycleNode

Start = Callable[..., HandLifecycleNode]


@pytest.fixture
def start(stop: threading.Event) -> Iterator[Start]:
    """Starts a node with parameters, and a stand-in for the networks."""
    nodes: list[tuple[HandLifecycleNode, threading.Thread]] = []

    def run(load: Any = lambda parameters: StandIn(), **parameters: Any) -> HandLifecycleNode:
        overrides = [Parameter(name, value=value) for name, value in parameters.items()]
        node = HandLifecycleNode(stop, load, lambda parameters: None, parameter_overrides=overrides)
        thread = threading.Thread(target=node.bus.spin, args=(stop,))
        thread.start()
        nodes.append((node, thread))
        return node

    yield run
    stop.set()
    for node, thread in nodes:
        thread.join(WAIT_S)
        node.trigger_shutdown()
        node.destroy_node()


def topics(peer: Peer) -> set[str]:
    return {name for name, _ in peer.node.get_publisher_names_and_types_by_node("hand_recon", "/")}


def test_the_node_walks_through_its_states(start: Start, peer: Peer) -> None:
    node = start(autostart=False)
    assert peer.state() == "unconfigured"
    assert peer.transition("configure")
    assert peer.state() == "inactive"
    assert "/hand_recon/hands" in topics(peer)
    assert node.count_subscribers("/image") == 0
    assert peer.transition("activate")
    assert peer.state() == "active"
    assert node.count_subscribers("/image") == 1
    assert peer.transition("deactivate")
    assert node.count_subscribers("/image") == 0
    assert peer.transition("cleanup")
    assert peer.state() == "unconfigured"
    assert "/hand_recon/hands" not in topics(peer)


def test_autostart_makes_hands_of_images(start: Start, peer: Peer) -> None:
    start()
    results = peer.listen(HandArray, "/hand_recon/hands")
    markers = peer.listen(MarkerArray, "/hand_recon/markers")
    images = peer.camera("/image")
    result = peer.published(images, image_of(picture(2), stamp_ns=3_000_000_005), results)
    assert (result.header.frame_id, result.header.stamp.sec, result.header.stamp.nanosec) == ("camera", 3, 5)
    assert [hand.track_id for hand in result.hands] == [1, 2]
    assert result.hands[0].joints.shape == (63,)
    assert markers.get(timeout=WAIT_S).markers


def test_a_best_effort_camera_is_heard(start: Start, peer: Peer) -> None:
    start()
    results = peer.listen(HandArray, "/hand_recon/hands")
    images = peer.camera("/image", QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT))
    assert len(peer.published(images, image_of(picture(1)), results).hands) == 1


def test_a_transition_that_fails_stays_in_the_state_before_and_may_be_tried_again(start: Start, peer: Peer) -> None:
    attempts = iter([RuntimeError("no memory on the device"), None])

    def load(parameters: Any) -> StandIn:
        if error := next(attempts):
            raise error
        return StandIn()

    start(load, autostart=False)
    assert peer.transition("configure")
    assert not peer.transition("activate")
    assert peer.state() == "inactive"
    assert peer.transition("activate")
    assert peer.state() == "active"


def test_live_parameters_change_and_others_say_why_not(start: Start, peer: Peer) -> None:
    start()
    results = peer.listen(HandArray, "/hand_recon/hands")
    images = peer.camera("/image")
    assert len(peer.published(images, image_of(picture(1)), results).hands[0].vertices) == 0
    assert peer.set("publish_vertices", True) == (True, "")
    assert len(peer.published(images, image_of(picture(1)), results).hands[0].vertices) == 3 * 778
    done, reason = peer.set("max_hands", 2)
    assert not done
    assert "takes effect when the node is configured" in reason
    assert not peer.set("marker_lifetime", 1000.0)[0]


def test_fixed_parameters_change_before_configuring(start: Start, peer: Peer) -> None:
    seen: list[Any] = []

    def load(parameters: Any) -> StandIn:
        seen.append(parameters.max_hands)
        return StandIn()

    start(load, autostart=False)
    assert peer.set("max_hands", 2)[0]
    assert peer.transition("configure")
    assert peer.transition("activate")
    assert seen == [2]


def test_services_reset_and_pause(start: Start, peer: Peer) -> None:
    node = start(autostart=False)
    assert not peer.call(Trigger, "/hand_recon/reset_tracks", Trigger.Request()).success
    assert peer.transition("configure")
    assert peer.transition("activate")
    assert peer.call(Trigger, "/hand_recon/reset_tracks", Trigger.Request()).success
    assert peer.call(SetBool, "/hand_recon/enable", SetBool.Request(data=False)).success
    assert node.count_subscribers("/image") == 0
    assert peer.call(SetBool, "/hand_recon/enable", SetBool.Request(data=True)).success
    assert node.count_subscribers("/image") == 1
