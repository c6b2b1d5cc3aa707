"""Publishers and subscriptions of the wire bus."""

from __future__ import annotations

import logging
from collections.abc import Callable

from cyclonedds.core import Entity

from hand_recon_ros.bus.interface import Cdr, OnMessage
from hand_recon_ros.bus.raw_endpoint import RawEndpoint, RawReader, RawWriter
from hand_recon_ros.bus.throttle import ThrottledWarning
from hand_recon_ros.bus.wire_qos import refused_publisher, refused_subscription

logger = logging.getLogger(__name__)


class WirePublisher:
    """One output topic on the wire.

    Args:
        writer: the DDS end.
        topic: absolute name.
        on_close: called once with this publisher when it is closed.
    """

    def __init__(self, writer: RawWriter, topic: str, on_close: Callable[[WirePublisher], None]):
        self.topic = topic
        self.endpoint = writer
        self._on_close = on_close
        self._slow = ThrottledWarning(logger)
        self._refused = Refusals(writer, lambda policy: refused_subscription(topic, policy))

    def publish(self, cdr: Cdr) -> None:
        """Send one message, nothing after `close`; the bytes may be reused afterwards.

        Raises:
            ValueError: the bytes do not fit the topic's type.
        """
        if not self.endpoint.write(cdr):
            self._slow(f"message on {self.topic} not sent: a reliable subscriber is too slow")

    def subscription_count(self) -> int:
        """Number of matching subscriptions."""
        return self.endpoint.matched_count()

    def incompatible_count(self) -> int:
        """How often a subscription asked for a quality of service that this publisher does not offer."""
        return self._refused.count()

    def wait_for_subscriptions(self, count: int = 1, timeout_s: float = 10.0) -> bool:
        """Wait until that many subscriptions match; False when the time is over before."""
        return self.endpoint.wait_matched(count, timeout_s)

    def close(self) -> None:
        """Leave the topic; may be called twice."""
        if self.endpoint.close():
            self._on_close(self)

    def triggers(self) -> tuple[Entity, ...]:
        """What wakes the receive loop."""
        return (self.endpoint,)

    def attend(self) -> None:
        """Log subscriptions that do not match."""
        self.incompatible_count()


class WireSubscription:
    """One input topic on the wire.

    Args:
        reader: the DDS end.
        topic: absolute name.
        on_message: receives the bytes of each message.
        on_close: called once with this subscription when it is closed.
    """

    def __init__(
        self, reader: RawReader, topic: str, on_message: OnMessage, on_close: Callable[[WireSubscription], None]
    ):
        self.topic = topic
        self.endpoint = reader
        self._on_message = on_message
        self._on_close = on_close
        self._failed = ThrottledWarning(logger)
        self._refused = Refusals(reader, lambda policy: refused_publisher(topic, policy))

    def publisher_count(self) -> int:
        """Number of matching publishers."""
        return self.endpoint.matched_count()

    def incompatible_count(self) -> int:
        """How often a publisher offered less than the quality of service that this subscription asks for."""
        return self._refused.count()

    def lost_count(self) -> int:
        """Messages so far that newer ones replaced before they could be delivered: at least so many.

        Cyclone DDS does not count them. Of each burst up to `RawReader.SPARE` are counted here.
        """
        return self.endpoint.lost

    def wait_for_publishers(self, count: int = 1, timeout_s: float = 10.0) -> bool:
        """Wait until that many publishers match; False when the time is over before."""
        return self.endpoint.wait_matched(count, timeout_s)

    def close(self) -> None:
        """Leave the topic; may be called twice, and from on_message.

        Waits while on_message runs in the receive thread; it is not called any more afterwards.
        """
        if self.endpoint.close():
            self._on_close(self)

    def triggers(self) -> tuple[Entity, ...]:
        """What wakes the receive loop."""
        return (self.endpoint, self.endpoint.condition)

    def attend(self) -> None:
        """Hand over the messages that wait, and log publishers that do not match."""
        self.incompatible_count()
        for cdr in self.endpoint.take():
            with self.endpoint.in_use:
                if self.endpoint.closed:
                    return
                try:
                    self._on_message(cdr)
                except Exception as error:  # one bad message must not end the reception of all
                    self._failed(f"message on {self.topic} could not be handled", error)


class Refusals:
    """Counts the ends elsewhere that an endpoint could not match, and logs a sentence about each new one.

    Args:
        endpoint: a writer or a reader.
        sentence: what to say, from the DDS number of the policy that differs.
    """

    def __init__(self, endpoint: RawEndpoint, sentence: Callable[[int], str]):
        self._endpoint = endpoint
        self._sentence = sentence
        self._known = 0
        self._warn = ThrottledWarning(logger)

    def count(self) -> int:
        """How many so far."""
        now = self._endpoint.incompatible()
        if now.count > self._known:
            self._known = now.count
            self._warn(self._sentence(now.policy))
        return now.count
