"""The bag bus: topics from a recording, results into another one; deterministic and without a clock."""

from __future__ import annotations

import logging
import threading
from collections import defaultdict
from collections.abc import Callable, Collection

from hand_recon_ros.bus.bag_reader import BagMessage, BagReader, BagTopic
from hand_recon_ros.bus.camera_codec import CAMERA_INFO
from hand_recon_ros.bus.interface import Cdr, OnMessage, Qos
from hand_recon_ros.bus.names import NodeName
from hand_recon_ros.bus.recorder import BagWriter

logger = logging.getLogger(__name__)


class BagPublisher:
    """An output topic; its messages are written at the time of the input message being handled."""

    def __init__(self, bus: BagBus, topic: str, output: BagWriter | None):
        self._bus = bus
        self._output = output
        self.topic = topic

    def publish(self, cdr: Cdr) -> None:
        """Append one message to the output."""
        if self._output is not None:
            self._output.write(self.topic, self._bus.now_ns(), cdr)

    def subscription_count(self) -> int:
        """One when the topic is recorded, else none."""
        return int(self._output is not None)

    def incompatible_count(self) -> int:
        """None: a recording takes everything."""
        return 0

    def close(self) -> None:
        """Nothing to release."""


class BagSubscription:
    """An input topic."""

    def __init__(self, present: bool, leave: Callable[[], None]):
        self._present, self._leave = present, leave

    def publisher_count(self) -> int:
        """One when the recording has the topic."""
        return int(self._present)

    def incompatible_count(self) -> int:
        """None: a recording offers everything."""
        return 0

    def lost_count(self) -> int:
        """None: every message is delivered."""
        return 0

    def close(self) -> None:
        """Deliver no further messages."""
        self._leave()


class BagBus:
    """Plays a recording into subscriptions as fast as they take it: every message, in stamp order.

    The first message of each subscribed CameraInfo topic is delivered ahead, so that the first image has intrinsics
    too. Exceptions of callbacks end `spin`.

    Args:
        node: names and remappings.
        bag: the opened input.
        output: recording for the published messages; the input messages are copied beside them.
        on_progress: called with the number of messages handled and their total.
        unrecorded: published topics, as the publisher names them, that stay out of the output.
    """

    def __init__(
        self,
        node: NodeName,
        bag: BagReader,
        output: BagWriter | None = None,
        on_progress: Callable[[int, int], None] = lambda done, total: None,
        unrecorded: Collection[str] = (),
    ):
        self.node = node
        self.bag = bag
        self.output = output
        self._on_progress = on_progress
        self._unrecorded = unrecorded
        self._callbacks: dict[str, list[OnMessage]] = defaultdict(list)
        self._published: set[str] = set()
        self._stamp_ns = 0

    def publisher(self, topic: str, ros_type: str, qos: Qos) -> BagPublisher:
        """Create an output topic; a private input topic of the same name is not copied, a shared one such as /tf is."""
        name = self.resolve(topic)
        output = None if topic in self._unrecorded else self.output
        if topic.startswith("~"):
            self._published.add(name)
        if output is not None:
            output.add_topic(name, ros_type, qos)
        return BagPublisher(self, name, output)

    def subscribe(self, topic: str, ros_type: str, qos: Qos, on_message: OnMessage) -> BagSubscription:
        """Create an input topic.

        Raises:
            ValueError: the recording has the topic with another type.
        """
        name = self.resolve(topic)
        recorded = [t for t in self.bag.topics if t.name == name]
        if recorded and all(t.ros_type != ros_type for t in recorded):
            raise ValueError(f"expected {ros_type} on {name}, the recording has {recorded[0].ros_type}")
        callbacks = self._callbacks[name]
        callbacks.append(on_message)

        def leave() -> None:
            if on_message in callbacks:
                callbacks.remove(on_message)

        return BagSubscription(bool(recorded), leave)

    def resolve(self, topic: str) -> str:
        """The absolute name of a topic after expansion and remapping."""
        return self.node.resolve(topic)

    def sibling(self, base: str, topic: str) -> str:
        """The absolute name of a topic that follows a base topic when only that one is remapped."""
        return self.node.sibling(base, topic)

    def now_ns(self) -> int:
        """Recording time of the message being handled."""
        return self._stamp_ns

    def spin(self, stop: threading.Event) -> None:
        """Deliver all messages, or those until stop is set."""
        copied = self._copied_topics()
        self._deliver_camera_infos()
        total = self.bag.message_count
        for done, message in enumerate(self.bag.messages(), start=1):
            if stop.is_set():
                return
            self._stamp_ns = message.stamp_ns
            if message.topic in copied and self.output is not None:
                self.output.write(message.topic.name, message.stamp_ns, message.cdr)
            self._deliver(message)
            self._on_progress(done, total)

    def close(self) -> None:
        """Nothing to release: input and output belong to the caller."""

    def _deliver(self, message: BagMessage) -> None:
        for callback in tuple(self._callbacks.get(message.topic.name, ())):
            callback(message.cdr)

    def _deliver_camera_infos(self) -> None:
        for topic in self.bag.topics:
            if topic.ros_type == CAMERA_INFO and (message := self.bag.first(topic)):
                self._stamp_ns = message.stamp_ns
                self._deliver(message)

    def _copied_topics(self) -> set[BagTopic]:
        """Input topics that go into the output; those without any definition cannot."""
        copied: set[BagTopic] = set()
        if self.output is None:
            return copied
        for topic in self.bag.topics:
            if topic.name in self._published:
                continue
            try:
                self.output.add_topic(topic.name, topic.ros_type, topic.qos, topic.definition)
                copied.add(topic)
            except ValueError as error:
                logger.warning("topic %s is left out of the output: %s", topic.name, error)
        return copied
