"""Parameters of a wire node, listed, read and set by another node."""

from __future__ import annotations

import queue
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import asdict, replace
from typing import Any

import pytest
from messages import STORE
from wire_buses import WAIT_S, bus, logged, spinning

from hand_recon_ros.bus.parameter_services import EVENT, MAX_ITEMS, PARAMETERS_QOS, ParameterServices, listed
from hand_recon_ros.bus.parameter_values import NOT_SET, value_message, value_of
from hand_recon_ros.bus.wire import WireBus
from hand_recon_ros.node.parameters import PARAMETERS, NodeParameters


class Node:
    """Parameters that may change, as a node has them."""

    def __init__(self) -> None:
        self.parameters = NodeParameters()

    def current(self) -> dict[str, Any]:
        return asdict(self.parameters)

    def change(self, values: Mapping[str, Any]) -> None:
        if "device" in values:
            raise RuntimeError("no such device")
        known = {row.name for row in PARAMETERS}
        if unknown := set(values) - known:
            raise ValueError(f"there is no parameter {unknown.pop()}")
        self.parameters = replace(self.parameters, **values)


class Caller:
    """What `ros2 param` does."""

    def __init__(self, bus: WireBus):
        self._bus = bus

    def call(self, name: str, kind: str, *fields: Any) -> Any:
        service = f"rcl_interfaces/srv/{kind}"
        request = STORE.types[f"{service}_Request"](*fields)
        with closing(self._bus.client(f"/near/here/{name}", service)) as client:
            return client.call(request, WAIT_S)

    def get(self, *names: str) -> list[Any]:
        return [value_of(value) for value in self.call("get_parameters", "GetParameters", list(names)).values]

    def set(self, **values: Any) -> list[tuple[bool, str]]:
        results = self.call("set_parameters", "SetParameters", parameters(values)).results
        return [(result.successful, result.reason) for result in results]


def parameters(values: Mapping[str, Any]) -> list[Any]:
    make = STORE.types["rcl_interfaces/msg/Parameter"]
    return [make(name, value_message(STORE, value)) for name, value in values.items()]


@contextmanager
def offered() -> Iterator[tuple[Node, Caller, WireBus]]:
    node = Node()
    with bus() as wire, bus("client") as client:
        ParameterServices(wire, PARAMETERS, node.current, node.change)
        with spinning(wire, client):
            yield node, Caller(client), client


def test_parameters_are_read_by_name_and_unknown_ones_are_not_set() -> None:
    with offered() as (_, caller, _):
        assert caller.get("min_score", "nonsense", "device", "max_hands", "smoothing") == [0.5, None, "auto", 4, False]
        types = caller.call("get_parameter_types", "GetParameterTypes", ["min_score", "nonsense"]).types
        assert types.tolist() == [3, NOT_SET]


def test_all_parameters_are_listed() -> None:
    with offered() as (_, caller, _):
        result = caller.call("list_parameters", "ListParameters", [], 0).result
        assert result.names == [row.name for row in PARAMETERS]
        assert result.prefixes == []


def test_descriptions_say_range_and_whether_a_change_is_possible() -> None:
    with offered() as (_, caller, _):
        names = ["marker_lifetime", "max_hands", "device", "nonsense"]
        descriptors = caller.call("describe_parameters", "DescribeParameters", names).descriptors
    lifetime, hands, device, nonsense = descriptors
    rows = {row.name: row for row in PARAMETERS}
    assert [descriptor.name for descriptor in descriptors] == names
    fixed = ["fixed while the node is configured" in descriptor.additional_constraints for descriptor in descriptors]
    assert fixed == [False, True, True, False]
    (span,) = lifetime.floating_point_range
    assert (span.from_value, span.to_value) == (rows["marker_lifetime"].low, rows["marker_lifetime"].high)
    (span,) = hands.integer_range
    assert (span.from_value, span.to_value, span.step) == (1, 256, 1)
    assert device.description == rows["device"].description
    assert device.additional_constraints.startswith("auto, cpu, cuda")
    assert (nonsense.type, nonsense.description) == (NOT_SET, "")


def test_each_parameter_of_a_request_is_set_or_refused_with_a_reason() -> None:
    with offered() as (node, caller, _):
        results = caller.set(marker_lifetime=2.0, min_score=7.0, nonsense=1, marker_mesh=None, marker_label=False)
        assert [successful for successful, _ in results] == [True, False, False, False, True]
        assert "min_score must be a number: 0.01 to 0.99; got 7.0" in results[1][1]
        assert "no parameter nonsense" in results[2][1]
        assert "it cannot be removed" in results[3][1]
        assert (node.parameters.marker_lifetime, node.parameters.marker_label) == (2.0, False)


def test_a_change_that_fails_unexpectedly_is_answered_and_logged() -> None:
    with logged() as lines, offered() as (_, caller, _):
        assert caller.set(device="cpu") == [(False, "RuntimeError: no such device")]
        assert "parameters could not be changed" in lines.get(timeout=WAIT_S)


def test_an_atomic_request_changes_all_or_nothing() -> None:
    with offered() as (node, caller, _):
        for score, successful in ((7.0, False), (0.7, True)):
            request = parameters({"marker_lifetime": 2.0, "min_score": score})
            result = caller.call("set_parameters_atomically", "SetParametersAtomically", request).result
            assert result.successful is successful
            assert (node.parameters.marker_lifetime == 2.0) is successful


def test_changes_are_told_to_everybody() -> None:
    events: queue.Queue[memoryview] = queue.Queue()
    with offered() as (_, caller, client):
        listener = client.subscribe("/parameter_events", EVENT, PARAMETERS_QOS, events.put)
        assert listener.wait_for_publishers(1, WAIT_S)
        caller.set(marker_lifetime=0.3, min_score=7.0)  # nothing new, and refused
        caller.set(marker_lifetime=2.0)
        event: Any = STORE.deserialize_cdr(bytes(events.get(timeout=WAIT_S)), EVENT)
    assert event.node == "/near/here"
    (changed,) = event.changed_parameters
    assert (changed.name, value_of(changed.value)) == ("marker_lifetime", 2.0)
    assert events.empty()


def test_a_request_for_too_many_is_logged_and_the_next_one_answered() -> None:
    with logged() as lines, offered() as (_, caller, client):
        service = "rcl_interfaces/srv/GetParameters"
        request = STORE.types[f"{service}_Request"](["a"] * (MAX_ITEMS + 1))
        with pytest.raises(TimeoutError):
            client.client("/near/here/get_parameters", service).call(request, 1.0)
        assert "expected at most 1000 parameters" in lines.get(timeout=WAIT_S)
        assert caller.get("max_hands") == [4]


@pytest.mark.parametrize(
    ("prefixes", "depth", "expected"),
    [
        ((), 0, ["a", "b.c", "b.c.d", "bc"]),
        ((), 1, ["a", "bc"]),
        ((), 2, ["a", "b.c", "bc"]),
        (("b",), 0, ["b.c", "b.c.d"]),
        (("b",), 1, ["b.c"]),
        (("a", "b", "b.c"), 1, ["a", "b.c", "b.c.d"]),
        (("nonsense",), 0, []),
    ],
)
def test_names_are_listed_by_prefix_and_depth(prefixes: tuple[str, ...], depth: int, expected: list[str]) -> None:
    assert listed(["a", "b.c", "b.c.d", "bc"], prefixes, depth) == expected
