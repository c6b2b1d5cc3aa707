"""The node as a process between a foreign camera and foreign subscribers, and where its environment shows it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from node_runner import NodeProcess
from test_graph import GRAPH_QOS, GRAPH_TYPE, wait_for_node
from witness_process import Witness, time_ns

from hand_recon_ros.bus import LATCHED, RESULTS, SENSOR_DATA, Qos
from hand_recon_ros.bus.camera_codec import CAMERA_INFO
from hand_recon_ros.bus.hand_codec import HAND_ARRAY, HAND_MESH_TOPOLOGY
from hand_recon_ros.bus.image_codec import IMAGE
from hand_recon_ros.bus.joint_state_codec import JOINT_STATE
from hand_recon_ros.bus.marker_codec import MARKER_ARRAY
from hand_recon_ros.bus.pose_codec import POSE_ARRAY, POSE_STAMPED
from hand_recon_ros.bus.tf_codec import TF_MESSAGE

NewNode = Callable[..., NodeProcess]
SECOND = 10**9
OUTPUTS = {
    "/robot/hands/hands": HAND_ARRAY,
    "/robot/hands/markers": MARKER_ARRAY,
    "/robot/hands/right/joints": POSE_ARRAY,
    "/robot/hands/right/wrist": POSE_STAMPED,
    "/robot/hands/right/joint_states": JOINT_STATE,
    "/tf": TF_MESSAGE,
}


def camera(witness: Witness, image_topic: str, qos: Qos = SENSOR_DATA) -> Callable[[int], None]:
    """A foreign camera of 64x48 pixels; the pictures of the stand-in show two hands."""
    info_topic = image_topic.rpartition("/")[0] + "/camera_info"
    witness.advertise(image_topic, IMAGE, qos)
    witness.advertise(info_topic, CAMERA_INFO, qos)

    def take(number: int) -> None:
        witness.command("camera_info", f"rt{info_topic}", 0, "lens", 64, 48, 50, 51, 32, 24)
        witness.command("image", f"rt{image_topic}", (number + 1) * SECOND, "lens", 64, 48, "rgb8", 192, 2)

    return take


@pytest.mark.parametrize("qos", [SENSOR_DATA, RESULTS], ids=["best effort", "reliable"])
def test_a_foreign_camera_gets_hands_markers_frames_and_poses(witness: Witness, new_node: NewNode, qos: Qos) -> None:
    node = new_node(
        *("-r", "image:=/cam/image_raw", "-r", "__node:=hands", "-r", "__ns:=/robot", "-p", "publish_tf:=true"),
    )
    for topic, ros_type in OUTPUTS.items():
        witness.subscribe(topic, ros_type, qos)
    take = camera(witness, "/cam/image_raw", qos)
    witness.matched("/cam/image_raw", "publisher")
    witness.ask_until_heard(take, OUTPUTS)
    hands = [m["data"] for m in witness.find("message", topic="rt/robot/hands/hands") if m["data"]["hands"]][-1]
    assert hands["header"]["frame_id"] == "lens"
    assert time_ns(hands["header"]["stamp"]) % SECOND == 0
    assert [(hand["track_id"], hand["side"]) for hand in hands["hands"]] == [(1, 2), (2, 2)]
    assert (hands["camera_info"]["k"][0], hands["camera_info"]["k"][4]) == (50, 51)
    markers = witness.message("/robot/hands/markers")["markers"]
    assert {marker["id"] for marker in markers if marker["action"] == 0} == {1, 2}
    frames = witness.message("/tf")["transforms"]
    assert (frames[0]["header"]["frame_id"], frames[0]["child_frame_id"]) == ("lens", "right_hand")
    assert len(witness.message("/robot/hands/right/joints")["poses"]) == 21
    states = witness.message("/robot/hands/right/joint_states")
    assert len(states["name"]) == len(states["position"]) > 0
    witness.subscribe("/robot/hands/mesh_topology", HAND_MESH_TOPOLOGY, LATCHED)  # late: the hands were there before
    assert witness.message("/robot/hands/mesh_topology")["topology_id"] == hands["hands"][0]["topology_id"]
    assert node.stop() == 0
    assert "Traceback" not in node.log


def test_two_nodes_serve_a_camera_each(witness: Witness, new_node: NewNode) -> None:
    for side in ("left", "right"):
        new_node("-r", f"__ns:=/{side}", "-r", "__node:=hands", "-r", f"image:=/{side}_cam/image")
        witness.subscribe(f"/{side}/hands/hands", HAND_ARRAY, RESULTS)
        witness.advertise(f"/{side}_cam/image", IMAGE, RESULTS)
    for side, hands in (("left", 2), ("right", 0)):
        take = partial(witness.command, "image", f"rt/{side}_cam/image", SECOND, side, 64, 48, "rgb8", 192, hands)
        witness.ask_until_heard(lambda attempt, take=take: take(), [f"/{side}/hands/hands"])  # type: ignore[misc]
        message = witness.message(f"/{side}/hands/hands")
        assert (message["header"]["frame_id"], len(message["hands"])) == (side, hands)


def seen(witness: Witness, name: str) -> Any:
    """Wait for a node's announcement with endpoints in it."""
    return wait_for_node(witness, name, 1, 1)


def test_the_graph_of_a_node_process_is_that_of_its_distribution(
    new_witness: Callable[..., Witness], new_node: NewNode
) -> None:
    witness = new_witness("humble")
    witness.subscribe("ros_discovery_info", GRAPH_TYPE, GRAPH_QOS)
    new_node("-r", "__node:=old", ROS_DISTRO="humble")
    event, _ = seen(witness, "/old")
    assert len(event["data"]["gid"]["data"]) == 2 * 24


def test_domains_are_apart(new_witness: Callable[..., Witness], new_node: NewNode, domain: int) -> None:
    here, elsewhere = new_witness(), new_witness(in_domain=domain + 100)
    for witness in (here, elsewhere):
        witness.subscribe("ros_discovery_info", GRAPH_TYPE, GRAPH_QOS)
    new_node("-r", "__node:=far", ROS_DOMAIN_ID=str(domain + 100)).wait_for("waiting for images")
    new_node("-r", "__node:=near")
    seen(here, "/near")
    seen(elsewhere, "/far")
    assert "/far" not in told_nodes(here)
    assert "/near" not in told_nodes(elsewhere)


@pytest.mark.parametrize(
    "environment",
    [
        {"ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST"},
        {"ROS_AUTOMATIC_DISCOVERY_RANGE": "", "ROS_LOCALHOST_ONLY": "1"},
        {"ROS_AUTOMATIC_DISCOVERY_RANGE": "OFF", "ROS_LOCALHOST_ONLY": "1"},  # the older variable comes first
    ],
    ids=str,
)
def test_a_node_of_this_host_is_found_on_the_loopback_interface(
    witness: Witness, new_node: NewNode, environment: dict[str, str]
) -> None:
    witness.subscribe("ros_discovery_info", GRAPH_TYPE, GRAPH_QOS)
    new_node("-r", "__node:=local", **environment)
    seen(witness, "/local")


def test_a_node_with_discovery_off_is_alone(witness: Witness, new_node: NewNode) -> None:
    witness.subscribe("ros_discovery_info", GRAPH_TYPE, GRAPH_QOS)
    witness.advertise("/image", IMAGE, RESULTS)
    new_node("-r", "__node:=alone", ROS_AUTOMATIC_DISCOVERY_RANGE="OFF").wait_for("waiting for images")
    new_node("-r", "__node:=open")  # started later and found: the other one had its time
    seen(witness, "/open")
    witness.matched("/image", "publisher")
    assert told_nodes(witness) == {"/open"}
    assert len(witness.find("matched", topic="rt/image")) == 1


def told_nodes(witness: Witness) -> set[str]:
    """Names of all nodes that were announced so far."""
    graphs = [event["data"] for event in witness.find("message", topic="ros_discovery_info")]
    return {
        f"{node['node_namespace'].rstrip('/')}/{node['node_name']}"
        for graph in graphs
        for node in graph["node_entities_info_seq"]
    }
