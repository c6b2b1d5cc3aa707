"""A bus in memory: messages are delivered in the call that sends them."""

from __future__ import annotations

import queue
import threading
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from messages import STORE
from stand_in import picture

from hand_recon_ros.bus import Qos
from hand_recon_ros.bus.camera_codec import encode_camera_info, info_of
from hand_recon_ros.bus.hand_codec import HAND_ARRAY
from hand_recon_ros.bus.image_codec import encode_image
from hand_recon_ros.bus.interface import Answer, Cdr
from hand_recon_ros.bus.names import NodeName
from hand_recon_ros.types import CameraModel

CAMERA = CameraModel(50, 50, 32, 24, 64, 48)


class MemoryPublisher:
    """Keeps what is published as rosbags' objects."""

    def __init__(self, bus: MemoryBus, topic: str, ros_type: str):
        self._bus, self._topic, self._ros_type = bus, topic, ros_type

    def publish(self, cdr: Cdr) -> None:
        message = STORE.deserialize_cdr(bytes(cdr), self._ros_type)
        self._bus.sent[self._topic].append(message)
        if self._ros_type == HAND_ARRAY:
            self._bus.published.put(message.header.stamp.nanosec)

    def subscription_count(self) -> int:
        return self._bus.audience[self._topic]

    def incompatible_count(self) -> int:
        return self._bus.incompatible[self._topic]

    def close(self) -> None:
        self._bus.closed.append(self._topic)


class MemorySubscription:
    """An input topic: its callback is called by whoever sends."""

    def __init__(self, bus: MemoryBus, topic: str):
        self._bus, self._topic = bus, topic

    def publisher_count(self) -> int:
        return self._bus.publishers[self._topic]

    def incompatible_count(self) -> int:
        return self._bus.incompatible[self._topic]

    def lost_count(self) -> int:
        return 0

    def close(self) -> None:
        self._bus.callbacks.pop(self._topic, None)
        self._bus.closed.append(self._topic)


class MemoryBus:
    """Delivers at once; the clock stands still at a value that a test sets."""

    def __init__(self, *remaps: tuple[str, str]) -> None:
        self.node = NodeName("hands", "/", remaps)
        self.callbacks: dict[str, Callable[[memoryview], None]] = {}
        self.sent: dict[str, list[Any]] = defaultdict(list)
        self.audience: dict[str, int] = defaultdict(int)  # subscriptions of others, by topic
        self.publishers: dict[str, int] = defaultdict(int)  # publishers of others, by topic
        self.incompatible: dict[str, int] = defaultdict(int)  # others with another quality of service, by topic
        self.closed: list[str] = []
        self.services: dict[str, Callable[..., Answer]] = {}
        self.timers: list[Callable[[], None]] = []
        self.qos: dict[str, Qos] = {}
        self.clock = 7
        self.published: queue.Queue[int] = queue.Queue()  # stamps on ~/hands

    def publisher(self, topic: str, ros_type: str, qos: Qos) -> MemoryPublisher:
        name = self.resolve(topic)
        self.qos[name] = qos
        return MemoryPublisher(self, name, ros_type)

    def subscribe(
        self, topic: str, ros_type: str, qos: Qos, on_message: Callable[[memoryview], None]
    ) -> MemorySubscription:
        name = self.resolve(topic)
        self.callbacks[name] = on_message
        return MemorySubscription(self, name)

    def trigger_service(self, name: str, handler: Callable[[], Answer]) -> None:
        self.services[self.resolve(name)] = handler

    def switch_service(self, name: str, handler: Callable[[bool], Answer]) -> None:
        self.services[self.resolve(name)] = handler

    def every(self, period_s: float, callback: Callable[[], None]) -> None:
        self.timers.append(callback)

    def resolve(self, topic: str) -> str:
        return self.node.resolve(topic)

    def sibling(self, base: str, topic: str) -> str:
        return self.node.sibling(base, topic)

    def now_ns(self) -> int:
        return self.clock

    def spin(self, stop: threading.Event) -> None:
        raise NotImplementedError

    def close(self) -> None:
        raise NotImplementedError

    def image(self, hands: int, stamp: int = 1, frame_id: str = "camera", topic: str = "/image") -> None:
        self.callbacks[topic](memoryview(encode_image(stamp, frame_id, picture(hands))))

    def info(self, camera: CameraModel = CAMERA, frame_id: str = "camera", topic: str = "/camera_info") -> None:
        self.callbacks[topic](memoryview(encode_camera_info(info_of(camera, 0, frame_id))))

    @property
    def arrays(self) -> list[Any]:
        return self.sent["/hands/hands"]

    @property
    def markers(self) -> list[list[tuple[str, int, int]]]:
        return [[(m.ns, m.id, m.action) for m in a.markers] for a in self.sent["/hands/markers"]]
