"""What a node may know about middleware: topics that carry CDR bytes.

A ROS 2 message on the wire, in a bag and in rclpy's raw mode is the same bytes, so one set of codecs serves every bus.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeAlias

Cdr: TypeAlias = bytes | bytearray | memoryview
OnMessage: TypeAlias = Callable[[memoryview], None]


@dataclass(frozen=True)
class Qos:
    """The part of a ROS 2 quality of service profile that matters here; history is always keep last.

    Attributes:
        reliable: reliable, else best effort.
        transient_local: late subscribers receive the last messages ("latched"), else volatile.
        depth: how many messages the history keeps, at least 1.
    """

    reliable: bool = True
    transient_local: bool = False
    depth: int = 5

    def __post_init__(self) -> None:
        if self.depth < 1:
            raise ValueError(f"the depth of a keep-last history must be at least 1, got {self.depth}")


SENSOR_DATA = Qos(reliable=False, depth=5)
"""REP-2003: best effort, so that it matches best-effort and reliable camera drivers."""
NEWEST = Qos(reliable=False, depth=1)
"""Sensor data where only the newest message is of interest."""
RESULTS = Qos(reliable=True, depth=5)
LATCHED = Qos(reliable=True, transient_local=True, depth=4)
"""For descriptions that change rarely; four, because left and right hands have a mesh topology each."""


class Publisher(Protocol):
    """One output topic."""

    def publish(self, cdr: Cdr) -> None:
        """Send one message; the bytes may be reused afterwards."""

    def subscription_count(self) -> int:
        """Number of subscriptions that match: zero means that building the message can be saved."""
        ...

    def incompatible_count(self) -> int:
        """How often a subscription asked for a quality of service that this publisher does not offer."""
        ...

    def close(self) -> None:
        """Leave the topic; may be called twice."""


class Subscription(Protocol):
    """One input topic."""

    def publisher_count(self) -> int:
        """Number of publishers that match."""
        ...

    def incompatible_count(self) -> int:
        """How often a publisher offered less than the quality of service that this subscription asks for."""
        ...

    def lost_count(self) -> int:
        """Messages so far that arrived but were replaced by newer ones before they could be delivered."""
        ...

    def close(self) -> None:
        """Leave the topic: on_message is not called any more; may be called twice."""


class Bus(Protocol):
    """A connection to topics under one node name.

    Topic names may be relative, private (`~/x`) or absolute; the bus expands and remaps them.
    """

    def publisher(self, topic: str, ros_type: str, qos: Qos) -> Publisher:
        """Create a publisher of a message type such as `sensor_msgs/msg/Image`."""
        ...

    def subscribe(self, topic: str, ros_type: str, qos: Qos, on_message: OnMessage) -> Subscription:
        """Call on_message with the bytes of each message, from `spin`; the bytes are not reused afterwards."""
        ...

    def resolve(self, topic: str) -> str:
        """The absolute name of a topic after expansion and remapping."""
        ...

    def sibling(self, base: str, topic: str) -> str:
        """The absolute name of a topic that follows a base topic when only that one is remapped.

        `camera_info` lies beside `image`, `image/compressed` below it; a remapping of its own comes first.
        """
        ...

    def now_ns(self) -> int:
        """ROS time in nanoseconds."""
        ...

    def spin(self, stop: threading.Event) -> None:
        """Deliver messages until stop is set or, with a recording, until its end."""

    def close(self) -> None:
        """Leave the graph and release everything; may be called twice."""


@dataclass(frozen=True)
class Answer:
    """What a service says: whether it was done, and one sentence about it."""

    success: bool
    message: str = ""


class LiveBus(Bus, Protocol):
    """A bus to which people and clocks speak too: services and timers beside topics."""

    def trigger_service(self, name: str, handler: Callable[[], Answer]) -> None:
        """Offer a std_srvs/Trigger service; handler is called from `spin`."""

    def switch_service(self, name: str, handler: Callable[[bool], Answer]) -> None:
        """Offer a std_srvs/SetBool service; handler is called from `spin`."""

    def every(self, period_s: float, callback: Callable[[], None]) -> None:
        """Call back again and again from `spin`, by the clock of `now_ns`."""
