"""Publishers and subscriptions that leave, do not match, or cannot keep up."""

from __future__ import annotations

import gc
import queue
import threading

import numpy as np
import pytest
from cyclonedds.core import Entity
from wire_buses import WAIT_S, bus, logged, peer, spinning, wait_unmatched

from hand_recon_ros.bus import LATCHED, RESULTS, SENSOR_DATA, Qos
from hand_recon_ros.bus.definitions import message_types
from hand_recon_ros.bus.image_codec import IMAGE, decode_image, encode_image
from hand_recon_ros.bus.raw_endpoint import RawReader
from hand_recon_ros.bus.wire import WireBus
from hand_recon_ros.bus.wire_graph import GRAPH_QOS, GRAPH_TYPE

NUMBER = "std_msgs/msg/UInt8"


def number(value: int) -> bytes:
    return bytes((0, 1, 0, 0, value))


def value(cdr: memoryview) -> int:
    return cdr[4]


def test_who_leaves_is_gone_for_another_process() -> None:
    with bus() as wire, peer():
        ping, pong = wire.publisher("/ping", IMAGE, RESULTS), wire.subscribe("/pong", IMAGE, RESULTS, print)
        assert ping.wait_for_subscriptions(1, WAIT_S)
        assert pong.wait_for_publishers(1, WAIT_S)
        for end in (ping, pong):
            end.close()
            end.close()
        assert (ping.subscription_count(), pong.publisher_count()) == (0, 0)
        again = wire.publisher("/ping", IMAGE, RESULTS)
        assert again.wait_for_subscriptions(1, WAIT_S)


def test_the_graph_forgets_who_leaves() -> None:
    graphs: queue.Queue[memoryview] = queue.Queue()
    with bus() as wire, bus("watcher") as watcher:
        watcher._topics["rt/ros_discovery_info", GRAPH_TYPE] = watcher._topic("ros_discovery_info", GRAPH_TYPE)
        watcher.subscribe("/ros_discovery_info", GRAPH_TYPE, GRAPH_QOS, graphs.put)
        with spinning(watcher):
            ends = [wire.publisher("a", NUMBER, RESULTS), wire.subscribe("b", NUMBER, RESULTS, print)]
            assert wait_for_ends(graphs, "here", writers=1, readers=1)
            for end in ends:
                end.close()
            assert wait_for_ends(graphs, "here", writers=0, readers=0)


def wait_for_ends(graphs: queue.Queue[memoryview], node: str, writers: int, readers: int) -> bool:
    while True:
        info = message_types().deserialize_cdr(bytes(graphs.get(timeout=WAIT_S)), GRAPH_TYPE)
        for entry in info.node_entities_info_seq:  # type: ignore[attr-defined]
            found = len(entry.writer_gid_seq), len(entry.reader_gid_seq)
            if entry.node_name == node and found == (writers, readers):
                return True


def test_a_callback_may_close_its_subscription() -> None:
    arrived: queue.Queue[int] = queue.Queue()
    with bus() as wire, bus("other") as other:

        def once(cdr: memoryview) -> None:
            arrived.put(value(cdr))
            subscription.close()

        subscription = other.subscribe("/number", NUMBER, RESULTS, once)
        other.subscribe("/end", NUMBER, RESULTS, lambda cdr: arrived.put(value(cdr)))
        numbers, end = wire.publisher("/number", NUMBER, RESULTS), wire.publisher("/end", NUMBER, RESULTS)
        for publisher in (numbers, end):
            assert publisher.wait_for_subscriptions(1, WAIT_S)
        for i in range(3):
            numbers.publish(number(i))
        with spinning(other):
            assert arrived.get(timeout=WAIT_S) == 0
            wait_unmatched(numbers.endpoint)
            end.publish(number(99))
            assert arrived.get(timeout=WAIT_S) == 99


def test_nothing_is_delivered_once_closing_is_over() -> None:
    with bus() as wire, bus("other") as other:
        publisher = wire.publisher("/number", NUMBER, RESULTS)
        arrived = threading.Event()
        closed = threading.Event()
        late: list[int] = []

        def on_message(cdr: memoryview) -> None:
            arrived.set()
            if closed.is_set():
                late.append(value(cdr))

        subscription = other.subscribe("/number", NUMBER, RESULTS, on_message)
        assert publisher.wait_for_subscriptions(1, WAIT_S)
        stop = threading.Event()

        def flood() -> None:
            while not stop.is_set():
                publisher.publish(number(1))

        flooding = threading.Thread(target=flood)
        with spinning(other):
            flooding.start()
            assert arrived.wait(WAIT_S)
            subscription.close()
            closed.set()
            publisher.close()  # while the other thread publishes
            stop.set()
            flooding.join(WAIT_S)
        assert not late


def entities(wire: WireBus) -> tuple[int, int, int]:
    gc.collect()
    children = (wire._publisher, wire._subscriber)
    publisher, subscriber = (parent._get_children(parent._ref, None, 0) for parent in children)
    return publisher, subscriber, len(Entity._entities)


def test_a_hundred_activations_leave_nothing_behind() -> None:
    with bus() as wire, bus("other") as other:
        numbers: queue.Queue[int] = queue.Queue()
        other.publisher("/in", NUMBER, LATCHED).publish(number(7))
        other.subscribe("/out", NUMBER, LATCHED, lambda cdr: numbers.put(value(cdr)))

        def activate() -> None:
            output = wire.publisher("/out", NUMBER, LATCHED)
            source = wire.subscribe("/in", NUMBER, LATCHED, output.publish)
            assert numbers.get(timeout=WAIT_S) == 7
            source.close()
            output.close()

        with spinning(wire, other):
            activate()
            before = entities(wire)
            for _ in range(100):
                activate()
            assert entities(wire) == before


@pytest.mark.parametrize(
    ("offered", "asked", "words"),
    [
        (SENSOR_DATA, RESULTS, ("best effort", "reliable")),
        (RESULTS, LATCHED, ("volatile", "transient local")),
    ],
)
def test_ends_that_do_not_match_are_counted_and_named(offered: Qos, asked: Qos, words: tuple[str, str]) -> None:
    with logged() as lines, bus() as wire, bus("other") as other, spinning(wire, other):
        publisher = wire.publisher("/image", IMAGE, offered)
        subscription = other.subscribe("/image", IMAGE, asked, print)
        sentences = sorted(lines.get(timeout=WAIT_S) for _ in range(2))
        assert (publisher.incompatible_count(), subscription.incompatible_count()) == (1, 1)
        assert (publisher.subscription_count(), subscription.publisher_count()) == (0, 0)
        publisher.close()
        subscription.close()
        assert (publisher.incompatible_count(), subscription.incompatible_count()) == (1, 1)
    assert f"a publisher on /image offers {words[0]}, but {words[1]} is asked for here" in sentences[0]
    assert f"a subscription on /image asks for {words[1]}, but {words[0]} is offered here" in sentences[1]


@pytest.mark.parametrize(("sent", "lost"), [(1, 0), (3, 2), (100, RawReader.SPARE)])
def test_messages_that_newer_ones_replaced_are_counted_as_far_as_dds_keeps_them(sent: int, lost: int) -> None:
    arrived: queue.Queue[int] = queue.Queue()
    with bus() as wire, bus("other") as other:
        publisher = wire.publisher("/number", NUMBER, RESULTS)
        subscription = other.subscribe("/number", NUMBER, Qos(depth=1), lambda cdr: arrived.put(value(cdr)))
        assert publisher.wait_for_subscriptions(1, WAIT_S)
        for i in range(sent):
            publisher.publish(number(i))
        with spinning(other):
            assert arrived.get(timeout=WAIT_S) == sent - 1
        assert subscription.lost_count() == lost
        assert arrived.empty()


def test_publishing_after_closing_sends_nothing() -> None:
    with bus() as wire:
        publisher = wire.publisher("/number", NUMBER, RESULTS)
        publisher.close()
        publisher.publish(number(1))
        wire.close()
        publisher.publish(number(1))
        publisher.close()


def test_who_closes_the_bus_has_sent_everything() -> None:
    arrived: queue.Queue[memoryview] = queue.Queue()
    with peer(), bus("listener") as listener:
        pong = listener.subscribe("/pong", IMAGE, RESULTS, arrived.put)
        assert pong.wait_for_publishers(1, WAIT_S)
        with spinning(listener):
            with bus() as wire:
                ping = wire.publisher("/ping", IMAGE, RESULTS)
                assert ping.wait_for_subscriptions(1, WAIT_S)
                for stamp in range(5):
                    ping.publish(encode_image(stamp, "", np.zeros((480, 640, 3), np.uint8)))
            for stamp in range(5):
                assert decode_image(arrived.get(timeout=WAIT_S)).stamp_ns == stamp
