"""The wire bus with real DDS between two processes, on the loopback interface and a domain of this run's own."""

from __future__ import annotations

import logging
import queue
from typing import Any

import numpy as np
import pytest
from cyclonedds.idl import make_idl_struct
from cyclonedds.idl import types as idl
from messages import STORE
from wire_buses import DOMAIN, WAIT_S, bus, peer, spinning

from hand_recon_ros.bus import LATCHED, RESULTS, SENSOR_DATA, Qos
from hand_recon_ros.bus.definitions import message_types
from hand_recon_ros.bus.discovery import WireSettings
from hand_recon_ros.bus.image_codec import IMAGE, decode_image, encode_image, image_to_rgb
from hand_recon_ros.bus.names import NodeName
from hand_recon_ros.bus.raw_topic import RawTopic
from hand_recon_ros.bus.wire import WireBus
from hand_recon_ros.bus.wire_graph import GRAPH_QOS, GRAPH_TYPE
from hand_recon_ros.bus.wire_types import dds_type_name

CAMERA_INFO = "sensor_msgs/msg/CameraInfo"


def picture(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (480, 640, 3), dtype=np.uint8)


def test_images_cross_to_another_process_and_back_unchanged() -> None:
    arrived: queue.Queue[memoryview] = queue.Queue()
    with bus() as wire, peer():
        ping = wire.publisher("/ping", IMAGE, RESULTS)
        pong = wire.subscribe("/pong", IMAGE, SENSOR_DATA, arrived.put)
        assert ping.wait_for_subscriptions(1, WAIT_S)
        assert pong.wait_for_publishers(1, WAIT_S)
        assert (ping.subscription_count(), pong.publisher_count()) == (1, 1)
        with spinning(wire):
            for seed in range(5):
                ping.publish(encode_image(seed, "camera", picture(seed)))
                image = decode_image(arrived.get(timeout=WAIT_S))
                assert image.stamp_ns == seed
                np.testing.assert_array_equal(image_to_rgb(image), picture(seed))


@pytest.mark.parametrize(("distribution", "gid_bytes"), [("jazzy", 16), ("humble", 24)])
def test_the_graph_names_both_nodes_with_their_endpoints(distribution: str, gid_bytes: int) -> None:
    graphs: queue.Queue[memoryview] = queue.Queue()
    types = message_types(distribution)
    with bus(distribution=distribution) as wire, bus("watcher", distribution) as watcher, peer(distribution):
        graph = watcher._topic("ros_discovery_info", GRAPH_TYPE)
        watcher._topics["rt/ros_discovery_info", GRAPH_TYPE] = graph
        watcher.subscribe("/ros_discovery_info", GRAPH_TYPE, GRAPH_QOS, graphs.put)
        publisher = wire.publisher("~/out", IMAGE, RESULTS)
        wire.subscribe("image", IMAGE, SENSOR_DATA, lambda cdr: None)
        seen: dict[str, Any] = {}
        with spinning(watcher):
            while not (
                len(getattr(seen.get("/near/here"), "reader_gid_seq", ())) == 1
                and len(getattr(seen.get("/far/peer"), "writer_gid_seq", ())) == 3  # /pong and two services
                and len(getattr(seen.get("/far/peer"), "reader_gid_seq", ())) == 3
            ):
                message = types.deserialize_cdr(bytes(graphs.get(timeout=WAIT_S)), GRAPH_TYPE)
                assert len(message.gid.data) == gid_bytes
                for node in message.node_entities_info_seq:
                    seen[f"{node.node_namespace}/{node.node_name}"] = node
        writer = seen["/near/here"].writer_gid_seq[0]
        assert bytes(writer.data)[:16] == publisher.endpoint.guid.bytes
        assert not any(bytes(writer.data)[16:])


def test_late_subscribers_receive_latched_messages_only() -> None:
    arrived: queue.Queue[tuple[str, memoryview]] = queue.Queue()
    with bus() as wire, bus("late") as late:
        latched, volatile = wire.publisher("/latched", IMAGE, LATCHED), wire.publisher("/volatile", IMAGE, RESULTS)
        for publisher in (volatile, latched):
            publisher.publish(encode_image(1, "before", picture(0)))
        late.subscribe("/volatile", IMAGE, RESULTS, lambda cdr: arrived.put(("volatile", cdr)))
        late.subscribe("/latched", IMAGE, LATCHED, lambda cdr: arrived.put(("latched", cdr)))
        assert volatile.wait_for_subscriptions(1, WAIT_S)
        with spinning(late):
            topic, cdr = arrived.get(timeout=WAIT_S)
            assert (topic, decode_image(cdr).frame_id) == ("latched", "before")
            volatile.publish(encode_image(2, "after", picture(0)))
            topic, cdr = arrived.get(timeout=WAIT_S)
            assert (topic, decode_image(cdr).frame_id) == ("volatile", "after")


def test_a_reliable_subscription_does_not_match_a_best_effort_publisher() -> None:
    with bus() as wire, bus("other") as other:
        publisher = wire.publisher("/image", IMAGE, SENSOR_DATA)
        other.subscribe("/image", IMAGE, RESULTS, lambda cdr: None)
        other.subscribe("/image", IMAGE, SENSOR_DATA, lambda cdr: None)
        assert publisher.wait_for_subscriptions(1, WAIT_S)
        assert publisher.subscription_count() == 1


def test_remapped_topics_meet() -> None:
    with bus(remaps=(("image", "/camera/image_raw"),)) as wire, bus("other") as other:
        assert wire.resolve("image") == "/camera/image_raw"
        assert wire.resolve("~/hands") == "/near/here/hands"
        wire.subscribe("image", IMAGE, SENSOR_DATA, lambda cdr: None)
        assert other.publisher("/camera/image_raw", IMAGE, RESULTS).wait_for_subscriptions(1, WAIT_S)


def test_depth_one_keeps_the_newest_message() -> None:
    arrived: queue.Queue[memoryview] = queue.Queue()
    with bus() as wire, bus("other") as other:
        publisher = wire.publisher("/image", IMAGE, RESULTS)
        other.subscribe("/image", IMAGE, Qos(depth=1), arrived.put)
        last = other.subscribe("/end", IMAGE, RESULTS, arrived.put)
        end = wire.publisher("/end", IMAGE, RESULTS)
        assert publisher.wait_for_subscriptions(1, WAIT_S)
        assert end.wait_for_subscriptions(1, WAIT_S)
        assert last.wait_for_publishers(1, WAIT_S)
        for stamp in range(5):
            publisher.publish(encode_image(stamp, "", picture(0)))
        end.publish(encode_image(99, "", picture(0)))
        stamps = []
        with spinning(other):
            while 99 not in stamps:
                stamps.append(decode_image(arrived.get(timeout=WAIT_S)).stamp_ns)
        assert sorted(stamps) == [4, 99]


def test_a_callback_that_fails_is_logged_and_reception_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    arrived: queue.Queue[int] = queue.Queue()

    def handle(cdr: memoryview) -> None:
        stamp = decode_image(cdr).stamp_ns
        if stamp == 1:
            raise ValueError("bad frame")
        arrived.put(stamp)

    with bus() as wire, bus("other") as other, caplog.at_level(logging.WARNING):
        publisher = wire.publisher("/image", IMAGE, RESULTS)
        other.subscribe("/image", IMAGE, RESULTS, handle)
        assert publisher.wait_for_subscriptions(1, WAIT_S)
        with spinning(other):
            for stamp in (1, 2):
                publisher.publish(encode_image(stamp, "", picture(0)))
            assert arrived.get(timeout=WAIT_S) == 2
    assert "bad frame" in caplog.text


@pytest.mark.parametrize("payload", [b"", b"\0", b"\0\1\0\0", b"\0\1\0\0" + b"\xff" * 40, bytes(8)])
def test_bytes_that_are_no_message_of_the_type_are_refused_here(payload: bytes) -> None:
    with bus() as wire:
        publisher = wire.publisher("/image", IMAGE, RESULTS)
        with pytest.raises(ValueError, match="expected a message of the topic's type"):
            publisher.publish(payload)


def test_a_peer_with_another_layout_of_the_type_does_no_harm() -> None:
    arrived: queue.Queue[memoryview] = queue.Queue()
    with bus() as wire, bus("foreign") as foreign:
        wire.subscribe("/image", IMAGE, RESULTS, arrived.put)
        # One number under the type name of an image: its bytes are valid there and cut short here.
        impostor = make_idl_struct("Impostor", dds_type_name(IMAGE), {"number": idl.uint32}, dataclassify=False)
        foreign._topics["rt/image", IMAGE] = RawTopic(foreign._participant, "rt/image", impostor)
        bad = foreign.publisher("/image", IMAGE, RESULTS)
        good = wire.publisher("/image", IMAGE, RESULTS)
        assert bad.wait_for_subscriptions(1, WAIT_S)
        assert good.wait_for_subscriptions(1, WAIT_S)
        with spinning(wire):
            for _ in range(3):
                bad.publish(b"\0\1\0\0\xff\xff\xff\xff")
            good.publish(encode_image(7, "", picture(0)))
            assert decode_image(arrived.get(timeout=WAIT_S)).stamp_ns == 7
    assert arrived.empty()


def test_messages_of_a_generic_codec_need_no_padding() -> None:
    arrived: queue.Queue[memoryview] = queue.Queue()
    string = "std_msgs/msg/String"
    cdr = bytes(STORE.serialize_cdr(STORE.types[string]("abcd"), string))
    assert len(cdr) % 4
    with bus() as wire, bus("other") as other:
        publisher = wire.publisher("/text", string, RESULTS)
        other.subscribe("/text", string, RESULTS, arrived.put)
        assert publisher.wait_for_subscriptions(1, WAIT_S)
        with spinning(other):
            publisher.publish(cdr)
            assert STORE.deserialize_cdr(bytes(arrived.get(timeout=WAIT_S)), string).data == "abcd"


def test_closing_twice_and_using_what_is_closed_is_harmless() -> None:
    with bus() as wire:
        publisher = wire.publisher("/info", CAMERA_INFO, RESULTS)
        wire.close()
        wire.close()
        assert publisher.subscription_count() == 0
    with bus() as again:  # the domain can be entered again
        assert again.publisher("/info", CAMERA_INFO, RESULTS).subscription_count() == 0


def test_a_configuration_that_dds_refuses_is_one_sentence() -> None:
    settings = WireSettings(DOMAIN, "<CycloneDDS><Domain><Nonsense/></Domain></CycloneDDS>")
    with pytest.raises(RuntimeError, match="check CYCLONEDDS_URI"):
        WireBus(NodeName("here"), settings)


def test_waiting_for_nobody_ends_with_the_time() -> None:
    with bus() as wire:
        assert not wire.publisher("/nobody", IMAGE, RESULTS).wait_for_subscriptions(1, 0.05)
