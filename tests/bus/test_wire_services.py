"""Services and timers of the wire bus, with clients in this and another process."""

from __future__ import annotations

import queue
import threading
from contextlib import suppress

import pytest
from cyclonedds.qos import Policy
from hypothesis import given, settings
from hypothesis import strategies as st
from wire_buses import WAIT_S, bus, logged, peer, spinning

from hand_recon_ros.bus import RESULTS
from hand_recon_ros.bus.definitions import DISTRIBUTIONS, message_types
from hand_recon_ros.bus.interface import Answer
from hand_recon_ros.bus.matched import publishers_data
from hand_recon_ros.bus.parameter_values import value_message, value_of
from hand_recon_ros.bus.service_codec import MAX_BYTES, CallId, ServiceCodec
from hand_recon_ros.bus.service_definitions import SERVICES
from hand_recon_ros.bus.wire import WireBus
from hand_recon_ros.bus.wire_calls import call_switch, call_trigger

TRIGGER = "std_srvs/srv/Trigger"
SET = "rcl_interfaces/srv/SetParameters"


def test_services_of_another_process_respond_to_each_call() -> None:
    with bus() as wire, peer():
        assert call_trigger(wire, "/far/peer/ask", WAIT_S) == Answer(True, "1")
        assert call_trigger(wire, "/far/peer/ask", WAIT_S) == Answer(True, "2")
        assert [parent._get_children(parent._ref, None, 0) for parent in (wire._publisher, wire._subscriber)] == [1, 0]
        assert call_switch(wire, "/far/peer/switch", True, WAIT_S) == Answer(True, "on")
        assert call_switch(wire, "/far/peer/switch", False, WAIT_S) == Answer(False, "off")


def test_each_client_receives_its_own_responses() -> None:
    answers: queue.Queue[tuple[bool, Answer]] = queue.Queue()

    def ask(on: bool) -> None:
        with bus(f"client_{on}".lower()) as client:
            answers.put((on, call_switch(client, "/near/here/switch", on, WAIT_S)))

    with bus() as wire:
        wire.switch_service("~/switch", lambda on: Answer(on, str(on)))
        with spinning(wire):
            threads = [threading.Thread(target=ask, args=(on,)) for on in (True, False)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(WAIT_S)
        assert sorted(answers.get_nowait() for _ in threads) == [
            (False, Answer(False, "False")),
            (True, Answer(True, "True")),
        ]


def test_a_handler_that_fails_says_so_to_who_asked() -> None:
    def fail() -> Answer:
        raise RuntimeError("no camera")

    with bus() as wire, bus("client") as client:
        wire.trigger_service("reset", fail)
        with spinning(wire):
            assert call_trigger(client, "/near/reset", WAIT_S) == Answer(False, "no camera")


def test_services_are_remapped() -> None:
    with bus(remaps=(("~/reset", "/forget"),)) as wire, bus("client") as client:
        wire.trigger_service("~/reset", lambda: Answer(True))
        with spinning(wire):
            assert call_trigger(client, "/forget", WAIT_S).success


def test_without_a_service_the_call_ends_with_the_time() -> None:
    with bus() as wire, pytest.raises(TimeoutError, match="expected a node that offers /near/nobody"):
        call_trigger(wire, "nobody", 0.05)


def test_a_service_that_is_silent_lets_the_call_end_with_the_time() -> None:
    with bus() as wire, bus("client") as client, pytest.raises(TimeoutError, match="did not respond within"):
        wire.trigger_service("silent", lambda: Answer(True))  # nobody spins
        call_trigger(client, "silent", 0.2)


def set_request(text: str) -> object:
    types = message_types()
    parameter = types.types["rcl_interfaces/msg/Parameter"]("name", value_message(types, text))
    return types.types[f"{SET}_Request"]([parameter])


def test_a_request_that_is_too_large_is_logged_and_the_service_goes_on() -> None:
    lengths: queue.Queue[int] = queue.Queue()
    with logged() as lines, bus() as wire, bus("client") as client:
        response = message_types().types[f"{SET}_Response"]

        def handle(request: object) -> object:
            lengths.put(len(request.parameters[0].value.string_value))  # type: ignore[attr-defined]
            return response([])

        wire.serve("set", SET, handle)
        with spinning(wire):
            caller = client.client("set", SET)
            with pytest.raises(TimeoutError, match="did not respond"):
                caller.call(set_request("x" * MAX_BYTES), 1.0)
            assert "request to /near/set ignored: expected rcl_interfaces/srv/SetParameters_Request" in lines.get(
                timeout=WAIT_S
            )
            caller.call(set_request("small"), WAIT_S)
    assert lengths.get_nowait() == 5
    assert lengths.empty()


def test_the_ends_of_a_service_say_that_they_belong_together() -> None:
    with bus() as wire, bus("client") as client:
        first, second = (wire.serve(name, TRIGGER, print) for name in ("a", "b"))
        other = client.client("a", TRIGGER)
        data = [end.get_qos()[Policy.Userdata].data.decode() for end in first.ends]
        keys = [dict(pair.split("=") for pair in text.rstrip(";").split(";")) for text in data]
        assert keys[0]["serviceid"] == keys[1]["serviceid"]
        assert [key["typehash"] for key in keys] == [
            message_types().hash_rihs01(f"{TRIGGER}_{part}") for part in ("Request", "Response")
        ]
        assert data[0] != second.ends[0].get_qos()[Policy.Userdata].data.decode()
        assert other.ends[0].get_qos()[Policy.Userdata].data.startswith(b"clientid=")


def test_a_client_of_another_kind_is_told_how_to_be_answered() -> None:
    with logged() as lines, bus() as wire, bus("client") as client, spinning(wire):
        service = wire.serve("a", TRIGGER, print)
        client.client("a", TRIGGER)
        stranger = client._writer("rq/near/aRequest", f"{TRIGGER}_Request", RESULTS)  # as rmw_fastrtps_cpp: no mark
        assert stranger.wait_matched(1, WAIT_S)
        assert "a client of /near/a does not use Cyclone DDS" in lines.get(timeout=WAIT_S)
        marks = publishers_data(service.ends[0])
    assert sum(mark.startswith(b"clientid=") for mark in marks) == 1


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
@pytest.mark.parametrize("service", SERVICES)
def test_every_service_can_be_offered_in_every_distribution(service: str, distribution: str) -> None:
    codec = ServiceCodec(service, distribution)
    types = message_types(distribution)
    for ros_type in (codec.request_type, codec.response_type):
        assert types.hash_rihs01(ros_type).startswith("RIHS01_")
        assert ros_type in types.types


def test_type_hashes_are_those_of_ros() -> None:
    types = message_types()
    hashes = [types.hash_rihs01(f"{TRIGGER}_{part}") for part in ("Request", "Response")]
    assert hashes == [  # of std_srvs in Jazzy
        "RIHS01_d010825374ce8918e72bfd826c82603e60f45419e932ea976f807b74a863a199",
        "RIHS01_2d946c21e2fc3f1e9ca6986a8191d85fcc70097a8bb7771a053564bc47009cdf",
    ]


def test_an_unknown_service_type_is_refused() -> None:
    with bus() as wire, pytest.raises(ValueError, match="expected a service type out of std_srvs/srv/Trigger"):
        wire.serve("a", "std_srvs/srv/Empty", print)


@pytest.mark.parametrize("cdr", [b"", bytes(20), bytes(MAX_BYTES + 1), bytes(20) + b"\xff\xff\xff\xff"])
def test_bytes_that_are_no_request_are_refused(cdr: bytes) -> None:
    codec = ServiceCodec(SET, "jazzy")
    with pytest.raises(ValueError, match=r"expected rcl_interfaces/srv/SetParameters_Request"):
        codec.decode(cdr, codec.request_type)


@settings(max_examples=500)
@given(st.lists(st.tuples(st.integers(0, 200), st.integers(0, 255))), st.integers(0, 200))
def test_a_damaged_request_is_decoded_or_refused_with_a_sentence(damage: list[tuple[int, int]], cut: int) -> None:
    codec = ServiceCodec(SET, "jazzy")
    cdr = bytearray(codec.encode(CallId(1, 1), set_request("value"), codec.request_type))
    for position, byte in damage:
        cdr[position % len(cdr)] = byte
    with suppress(ValueError):
        _, request = codec.decode(cdr[: len(cdr) - cut], codec.request_type)
        for parameter in request.parameters:
            value_of(parameter.value)


@pytest.mark.parametrize("order", ["<", ">"])
def test_requests_carry_who_asked_before_the_message(order: str) -> None:
    codec = ServiceCodec("std_srvs/srv/SetBool", "jazzy")
    request = message_types().types[codec.request_type](True)
    cdr = codec.encode(CallId(2**63, 5), request, codec.request_type)
    assert cdr == b"\0\1\0\0" + (2**63).to_bytes(8, "little") + (5).to_bytes(8, "little") + b"\1"
    if order == ">":
        cdr = b"\0\0\0\0" + (2**63).to_bytes(8, "big") + (5).to_bytes(8, "big") + b"\1"
    call, decoded = codec.decode(cdr, codec.request_type)
    assert call == CallId(2**63, 5)
    assert decoded.data


def test_timers_call_without_any_message() -> None:
    ticks: queue.Queue[int] = queue.Queue()
    with bus() as wire:
        wire.every(0.01, lambda: ticks.put(0))
        with spinning(wire):
            for _ in range(3):
                ticks.get(timeout=WAIT_S)


def test_a_timer_may_be_added_while_the_bus_waits_and_from_a_service() -> None:
    ticked = threading.Event()

    def start(wire: WireBus) -> Answer:
        wire.every(0.01, ticked.set)
        return Answer(True)

    with bus() as wire, bus("client") as client:
        wire.every(3600.0, lambda: None)
        wire.trigger_service("start", lambda: start(wire))
        with spinning(wire):
            assert call_trigger(client, "start", WAIT_S).success
            assert ticked.wait(WAIT_S)
