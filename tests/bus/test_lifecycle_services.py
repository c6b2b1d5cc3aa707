"""A wire node whose life another node manages."""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest
from messages import STORE
from wire_buses import WAIT_S, bus, logged, spinning

from hand_recon_ros.bus.lifecycle_services import EVENT, TRANSITIONS, LifecycleServices
from hand_recon_ros.bus.wire import SERVICE_QOS, WireBus


class Manager:
    """What `ros2 lifecycle` does."""

    def __init__(self, bus: WireBus):
        self._bus = bus

    def call(self, name: str, kind: str, *fields: Any) -> Any:
        service = f"lifecycle_msgs/srv/{kind}"
        with closing(self._bus.client(f"/near/here/{name}", service)) as client:
            return client.call(STORE.types[f"{service}_Request"](*fields), WAIT_S)

    def change(self, label: str = "", number: int = 0) -> bool:
        transition = STORE.types["lifecycle_msgs/msg/Transition"](number, label)
        return bool(self.call("change_state", "ChangeState", transition).success)

    @property
    def state(self) -> str:
        return str(self.call("get_state", "GetState").current_state.label)


@contextmanager
def managed(failing: str = "") -> Iterator[tuple[list[str], Manager, WireBus]]:
    made: list[str] = []

    def action(label: str) -> Callable[[], None]:
        def act() -> None:
            if label == failing:
                raise RuntimeError("the weights are damaged")
            made.append(label)

        return act

    with bus() as wire, bus("manager") as other:
        LifecycleServices(wire, {way.label: action(way.label) for way in TRANSITIONS})
        with spinning(wire, other):
            yield made, Manager(other), other


def test_a_life_from_configuring_to_shutting_down() -> None:
    with managed() as (made, manager, _):
        assert manager.state == "unconfigured"
        states = []
        life = ["configure", "activate", "deactivate", "cleanup", "configure", "activate", "shutdown"]
        for label in life:
            assert manager.change(label)
            states.append(manager.state)
        assert made == life
    assert states == ["inactive", "active", "inactive", "unconfigured", "inactive", "active", "finalized"]


def test_transitions_may_be_named_by_number() -> None:
    with managed() as (made, manager, _):
        assert manager.change(number=1)
        assert not manager.change(number=5)  # shuts down an unconfigured node
        assert manager.change(number=6)
        assert made == ["configure", "shutdown"]


@pytest.mark.parametrize(("label", "named"), [("activate", "activate"), ("x\ny" * 99, "make an unknown transition")])
def test_a_transition_that_does_not_start_here_is_refused_and_named(label: str, named: str) -> None:
    with logged() as lines, managed() as (made, manager, _):
        assert not manager.change(label)
        assert f"cannot {named}: the node is unconfigured, from where it can configure, shutdown" in lines.get()
        assert made == []


def test_a_transition_that_fails_leaves_the_state_before_and_says_why() -> None:
    with logged() as lines, managed("activate") as (_, manager, _):
        assert manager.change("configure")
        assert not manager.change("activate")
        assert manager.state == "inactive"
        line = lines.get(timeout=WAIT_S)
    assert "the node stays inactive: it could not activate" in line
    assert "the weights are damaged" in line


def test_states_and_transitions_can_be_asked_for() -> None:
    with managed() as (_, manager, _):
        states = manager.call("get_available_states", "GetAvailableStates").available_states
        assert [(state.id, state.label) for state in states] == [
            (1, "unconfigured"),
            (2, "inactive"),
            (3, "active"),
            (4, "finalized"),
        ]
        ways = manager.call("get_available_transitions", "GetAvailableTransitions").available_transitions
        assert [way.transition.label for way in ways] == ["configure", "shutdown"]
        graph = manager.call("get_transition_graph", "GetAvailableTransitions").available_transitions
        assert [way.transition.id for way in graph] == [1, 2, 3, 4, 5, 6, 7]


def test_transitions_are_told_to_everybody() -> None:
    events: queue.Queue[memoryview] = queue.Queue()
    with managed() as (_, manager, other):
        listener = other.subscribe("/near/here/transition_event", EVENT, SERVICE_QOS, events.put)
        assert listener.wait_for_publishers(1, WAIT_S)
        assert manager.change("configure")
        event: Any = STORE.deserialize_cdr(bytes(events.get(timeout=WAIT_S)), EVENT)
    assert (event.start_state.label, event.transition.label, event.goal_state.label) == (
        "unconfigured",
        "configure",
        "inactive",
    )
