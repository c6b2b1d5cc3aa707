"""What another implementation sees of our nodes: names, endpoints, quality of service and types."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from wire_side import NewBus
from witness_process import ATTEMPTS, WAIT_S, Event, Witness, dds_topic

from hand_recon_ros.bus import LATCHED, RESULTS, SENSOR_DATA, Qos
from hand_recon_ros.bus.definitions import message_types
from hand_recon_ros.bus.hand_codec import HAND_ARRAY, HAND_MESH_TOPOLOGY
from hand_recon_ros.bus.image_codec import IMAGE
from hand_recon_ros.bus.marker_codec import MARKER_ARRAY
from hand_recon_ros.bus.wire_types import dds_type_name

GRAPH_TYPE = "rmw_dds_common/msg/ParticipantEntitiesInfo"
GRAPH_QOS = Qos(reliable=True, transient_local=True, depth=100)
RELIABILITY_POLICY, DURABILITY_POLICY = 11, 2  # numbers of the DDS specification
VOLATILE_BEST_EFFORT = Qos(reliable=False, depth=5)


def wait_for_node(witness: Witness, name: str, readers: int, writers: int) -> tuple[Event, Any]:
    """The announcement of a node with so many endpoints or more, and its part in it."""

    def parts(event: Event) -> list[Any]:
        nodes = event["data"]["node_entities_info_seq"]
        return [n for n in nodes if f"{n['node_namespace'].rstrip('/')}/{n['node_name']}" == name]

    def complete(event: Event) -> bool:
        return any(len(n["reader_gid_seq"]) >= readers and len(n["writer_gid_seq"]) >= writers for n in parts(event))

    event = witness.wait("message", complete, topic="ros_discovery_info")
    return event, parts(event)[0]


@pytest.mark.parametrize(("distribution", "gid_bytes"), [("jazzy", 16), ("humble", 24)])
def test_the_graph_tells_the_identities_that_discovery_tells(
    new_witness: Callable[..., Witness], new_bus: NewBus, distribution: str, gid_bytes: int
) -> None:
    witness = new_witness(distribution)
    witness.subscribe("ros_discovery_info", GRAPH_TYPE, GRAPH_QOS)
    bus = new_bus("hands", "/robot", distribution=distribution)
    bus.publisher("~/hands", HAND_ARRAY, RESULTS)
    bus.subscribe("image", IMAGE, SENSOR_DATA, lambda cdr: None)
    event, node = wait_for_node(witness, "/robot/hands", 1, 1)
    writer = witness.wait("writer", change="discovered", topic="rt/robot/hands/hands")
    reader = witness.wait("reader", change="discovered", topic="rt/robot/image")
    participant = witness.wait("participant", change="discovered", user_data="enclave=/;")
    padding = "00" * (gid_bytes - 16)
    assert writer["guid"] + padding in [gid["data"] for gid in node["writer_gid_seq"]]
    assert reader["guid"] + padding in [gid["data"] for gid in node["reader_gid_seq"]]
    assert event["data"]["gid"]["data"] == participant["guid"] + padding


def test_two_nodes_are_two_in_the_graph_and_leave_one_by_one(witness: Witness, new_bus: NewBus) -> None:
    witness.subscribe("ros_discovery_info", GRAPH_TYPE, GRAPH_QOS)
    left, right = new_bus("hands", "/left"), new_bus("hands", "/right")
    for bus in (left, right):
        bus.publisher("~/hands", HAND_ARRAY, RESULTS)
    first, _ = wait_for_node(witness, "/left/hands", 0, 1)
    second, _ = wait_for_node(witness, "/right/hands", 0, 1)
    assert first["data"]["gid"] != second["data"]["gid"]
    leaving = witness.wait("writer", change="discovered", topic="rt/left/hands/hands")
    left.close()
    witness.wait("writer", change="removed", guid=leaving["guid"])
    witness.wait("participant", change="removed", guid=first["data"]["gid"]["data"])
    assert not witness.find("participant", change="removed", guid=second["data"]["gid"]["data"])


@pytest.mark.parametrize(
    ("ros_type", "qos"), [(HAND_ARRAY, RESULTS), (HAND_MESH_TOPOLOGY, LATCHED), (MARKER_ARRAY, SENSOR_DATA)]
)
def test_endpoints_tell_type_hash_and_quality_of_service(
    witness: Witness, new_bus: NewBus, ros_type: str, qos: Qos
) -> None:
    bus = new_bus()
    bus.publisher("/out", ros_type, qos)
    bus.subscribe("/in", ros_type, qos, lambda cdr: None)
    for kind, topic in (("writer", "/out"), ("reader", "/in")):
        endpoint = witness.wait(kind, change="discovered", topic=dds_topic(topic))
        assert endpoint["type"] == dds_type_name(ros_type)
        assert (endpoint["reliable"], endpoint["transient_local"]) == (qos.reliable, qos.transient_local)
        assert endpoint["user_data"] == f"typehash={message_types().hash_rihs01(ros_type)};"
        assert not endpoint["type_information"]  # some implementations refuse what others announce


def test_until_humble_there_were_no_type_hashes(new_witness: Callable[..., Witness], new_bus: NewBus) -> None:
    witness = new_witness("humble")
    new_bus(distribution="humble").publisher("/out", HAND_ARRAY, RESULTS)
    assert witness.wait("writer", change="discovered", topic="rt/out")["user_data"] == ""


@pytest.mark.parametrize(
    ("offered", "asked"),
    [(RESULTS, VOLATILE_BEST_EFFORT), (LATCHED, RESULTS), (RESULTS, RESULTS), (SENSOR_DATA, SENSOR_DATA)],
)
def test_enough_quality_of_service_matches(witness: Witness, new_bus: NewBus, offered: Qos, asked: Qos) -> None:
    bus = new_bus()
    publisher = bus.publisher("/ours", IMAGE, offered)
    subscription = bus.subscribe("/theirs", IMAGE, asked, lambda cdr: None)
    witness.subscribe("/ours", IMAGE, asked)
    witness.advertise("/theirs", IMAGE, offered)
    witness.matched("/ours", "subscriber")
    witness.matched("/theirs", "publisher")
    assert publisher.wait_for_subscriptions(1, WAIT_S)
    assert subscription.wait_for_publishers(1, WAIT_S)


def matched_instead(wait: Callable[[int, float], bool], incompatible_count: Callable[[], int]) -> bool:
    """Wait until an end has refused another one; whether it has matched one instead."""
    matched, attempts = False, 0
    while not matched and not incompatible_count() and attempts < ATTEMPTS:
        matched, attempts = wait(1, WAIT_S / ATTEMPTS), attempts + 1
    return matched


@pytest.mark.parametrize(
    ("offered", "asked", "policy"),
    [
        (SENSOR_DATA, RESULTS, RELIABILITY_POLICY),
        (RESULTS, LATCHED, DURABILITY_POLICY),
    ],
)
def test_too_little_quality_of_service_is_told_on_both_sides(
    witness: Witness, new_bus: NewBus, offered: Qos, asked: Qos, policy: int
) -> None:
    bus = new_bus()
    publisher = bus.publisher("/ours", IMAGE, offered)
    subscription = bus.subscribe("/theirs", IMAGE, asked, lambda cdr: None)
    witness.subscribe("/ours", IMAGE, asked)
    witness.advertise("/theirs", IMAGE, offered)
    assert witness.wait("incompatible", topic="rt/ours", side="subscriber")["policy"] == policy
    assert witness.wait("incompatible", topic="rt/theirs", side="publisher")["policy"] == policy
    assert not matched_instead(publisher.wait_for_subscriptions, publisher.incompatible_count)
    assert not matched_instead(subscription.wait_for_publishers, subscription.incompatible_count)
    assert (publisher.subscription_count(), subscription.publisher_count()) == (0, 0)
    assert (publisher.incompatible_count(), subscription.incompatible_count()) == (1, 1)
