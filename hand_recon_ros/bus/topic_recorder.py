"""Records topics of a live bus into a recording."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from hand_recon_ros.bus.interface import Bus, OnMessage, Qos, Subscription
from hand_recon_ros.bus.recorder import BagWriter


class TopicRecorder:
    """Writes every message of some topics, at the time it arrives, while its bus is spun.

    Args:
        bus: where to listen.
        writer: open recording; stays open.
        topics: absolute name, message type and QoS of each topic.
    """

    def __init__(self, bus: Bus, writer: BagWriter, topics: Sequence[tuple[str, str, Qos]]):
        self.counts = dict.fromkeys((name for name, _, _ in topics), 0)
        self._bus, self._writer = bus, writer
        self._lock = threading.Lock()
        for name, ros_type, qos in topics:
            writer.add_topic(name, ros_type, qos)
        self.subscriptions: dict[str, Subscription] = {
            name: bus.subscribe(name, ros_type, qos, self._into(name)) for name, ros_type, qos in topics
        }

    def _into(self, topic: str) -> OnMessage:
        def write(cdr: memoryview) -> None:
            with self._lock:
                self._writer.write(topic, self._bus.now_ns(), cdr)
                self.counts[topic] += 1

        return write
