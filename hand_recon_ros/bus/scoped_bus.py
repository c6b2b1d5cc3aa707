"""A bus for one part of a node: its topics lie below a name of its own, and it can leave them all together."""

from __future__ import annotations

import threading

from hand_recon_ros.bus.interface import Bus, OnMessage, Publisher, Qos, Subscription


class ScopedBus:
    """The bus of the camera `left`: `image` is its `left/image`, `~/hands` its `~/left/hands`; `/tf` stays `/tf`.

    Args:
        bus: the node's bus.
        scope: a word, or an empty one that changes nothing.
    """

    def __init__(self, bus: Bus, scope: str):
        self._bus = bus
        self._prefix = f"{scope}/" if scope else ""
        self._publishers: list[Publisher] = []

    def publisher(self, topic: str, ros_type: str, qos: Qos) -> Publisher:
        """Create a publisher, which lives until `close`."""
        self._publishers.append(self._bus.publisher(self._scoped(topic), ros_type, qos))
        return self._publishers[-1]

    def subscribe(self, topic: str, ros_type: str, qos: Qos, on_message: OnMessage) -> Subscription:
        """Create a subscription."""
        return self._bus.subscribe(self._scoped(topic), ros_type, qos, on_message)

    def resolve(self, topic: str) -> str:
        """The absolute name of a topic after expansion and remapping."""
        return self._bus.resolve(self._scoped(topic))

    def sibling(self, base: str, topic: str) -> str:
        """The absolute name of a topic that follows a base topic when only that one is remapped."""
        return self._bus.sibling(self._scoped(base), self._scoped(topic))

    def now_ns(self) -> int:
        """ROS time in nanoseconds."""
        return self._bus.now_ns()

    def spin(self, stop: threading.Event) -> None:
        """Deliver the messages of the whole bus."""
        self._bus.spin(stop)

    def close(self) -> None:
        """Close all publishers that were created here; the node's bus stays."""
        for publisher in self._publishers:
            publisher.close()
        self._publishers.clear()

    def _scoped(self, topic: str) -> str:
        if topic.startswith("/"):
            return topic
        if topic.startswith("~/"):
            return f"~/{self._prefix}{topic[2:]}"
        return self._prefix + topic
