"""A wire node as a managed node: the services that `ros2 lifecycle` calls, and `~/transition_event`.

States, transitions and their numbers are those of lifecycle_msgs and of the design article "Managed nodes". The states
in between, such as configuring, are passed in one callback and are not shown.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from hand_recon_ros.bus.definitions import message_types
from hand_recon_ros.bus.wire import SERVICE_QOS, WireBus

logger = logging.getLogger(__name__)

EVENT = "lifecycle_msgs/msg/TransitionEvent"
STATES = {"unconfigured": 1, "inactive": 2, "active": 3, "finalized": 4}
UNKNOWN = "make an unknown transition"


@dataclass(frozen=True)
class Transition:
    """A way from one state to another, with its number in lifecycle_msgs/msg/Transition."""

    number: int
    label: str
    start: str
    goal: str


TRANSITIONS = (
    Transition(1, "configure", "unconfigured", "inactive"),
    Transition(2, "cleanup", "inactive", "unconfigured"),
    Transition(3, "activate", "inactive", "active"),
    Transition(4, "deactivate", "active", "inactive"),
    Transition(5, "shutdown", "unconfigured", "finalized"),
    Transition(6, "shutdown", "inactive", "finalized"),
    Transition(7, "shutdown", "active", "finalized"),
)


class LifecycleServices:
    """Keeps the state of a managed node, which begins unconfigured, and lets other nodes change it.

    Args:
        bus: the node.
        actions: what to do for each label of `TRANSITIONS`. One that raises an error is logged and leaves the state
            as it was. Called from the receive thread of the bus.
    """

    def __init__(self, bus: WireBus, actions: Mapping[str, Callable[[], None]]):
        self.state = "unconfigured"
        self._bus, self._actions = bus, actions
        self._types = message_types(bus.settings.distribution)
        self._events = bus.publisher("~/transition_event", EVENT, SERVICE_QOS)
        self._serve("get_state", "GetState", lambda request: self._state(self.state))
        self._serve("get_available_states", "GetAvailableStates", lambda request: [self._state(s) for s in STATES])
        self._serve("get_available_transitions", "GetAvailableTransitions", lambda request: self._described(self.ways))
        self._serve("get_transition_graph", "GetAvailableTransitions", lambda request: self._described(TRANSITIONS))
        self._serve("change_state", "ChangeState", self._on_change)

    @property
    def ways(self) -> tuple[Transition, ...]:
        """The transitions that start from the present state."""
        return tuple(way for way in TRANSITIONS if way.start == self.state)

    def perform(self, label: str) -> None:
        """Make a transition.

        Raises:
            ValueError: there is none of that label from the present state.
            Exception: what its action raised; the state is as it was.
        """
        self._make(self._way(label))

    def change(self, label: str) -> bool:
        """Make a transition; False, with a sentence in the log, when there is none from here or it failed."""
        try:
            way = self._way(label)
        except ValueError as error:
            logger.warning("%s", error)
            return False
        try:
            self._make(way)
        except Exception as error:
            logger.error("the node stays %s: it could not %s", self.state, label, exc_info=error)
            return False
        return True

    def _way(self, label: str) -> Transition:
        for way in self.ways:
            if way.label == label:
                return way
        known = ", ".join(way.label for way in self.ways) or "nothing"
        raise ValueError(f"cannot {label}: the node is {self.state}, from where it can {known}")

    def _make(self, way: Transition) -> None:
        self._actions[way.label]()
        self.state = way.goal
        self._tell(way)

    def _serve(self, name: str, kind: str, handle: Callable[[Any], Any]) -> None:
        response = self._types.types[f"lifecycle_msgs/srv/{kind}_Response"]
        self._bus.serve(f"~/{name}", f"lifecycle_msgs/srv/{kind}", lambda request: response(handle(request)))

    def _on_change(self, request: Any) -> bool:
        """A request names a transition by its label or, without one, by its number."""
        number, label = request.transition.id, request.transition.label
        if label:
            return self.change(label if label in {way.label for way in TRANSITIONS} else UNKNOWN)
        return self.change(next((way.label for way in self.ways if way.number == number), UNKNOWN))

    def _tell(self, way: Transition) -> None:
        if self._events.subscription_count():
            (described,) = self._described([way])
            event = self._types.types[EVENT](
                self._bus.now_ns(), described.transition, described.start_state, described.goal_state
            )
            self._events.publish(bytes(self._types.serialize_cdr(event, EVENT)))

    def _described(self, ways: Iterable[Transition]) -> list[Any]:
        describe = self._types.types["lifecycle_msgs/msg/TransitionDescription"]
        transition = self._types.types["lifecycle_msgs/msg/Transition"]
        return [
            describe(transition(way.number, way.label), self._state(way.start), self._state(way.goal)) for way in ways
        ]

    def _state(self, label: str) -> Any:
        return self._types.types["lifecycle_msgs/msg/State"](STATES[label], label)
