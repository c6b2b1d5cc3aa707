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
NEWEST_IMAGE = Qos(reliable=False, depth=1)
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


class Subscription(Protocol):
    """One input topic."""

    def publisher_count(self) -> int:
        """Number of publishers that match."""
        ...


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
