"""The wire bus: an ordinary ROS 2 node over DDS, without ROS installed.

Payloads are plain CDR, topics and types carry ROS names, and the node is announced on `ros_discovery_info`, so
`ros2 topic`, `ros2 node` and RViz see it like any other (rmw_cyclonedds_cpp, rmw_dds_common).
"""

from __future__ import annotations

import logging
import threading
import time
from typing import Any, cast
from weakref import WeakValueDictionary

import numpy as np
from cyclonedds.core import DDSException, GuardCondition, ReadCondition, WaitSet
from cyclonedds.domain import Domain, DomainParticipant
from cyclonedds.pub import Publisher as DdsPublisher
from cyclonedds.qos import Policy
from cyclonedds.qos import Qos as DdsQos
from cyclonedds.sub import Subscriber as DdsSubscriber
from cyclonedds.util import duration

from hand_recon_ros.bus.definitions import message_types
from hand_recon_ros.bus.discovery import WireSettings, settings_from_environment
from hand_recon_ros.bus.interface import Cdr, OnMessage, Qos
from hand_recon_ros.bus.names import NodeName
from hand_recon_ros.bus.raw_topic import ANY_STATE, RawReader, RawTopic, RawWriter
from hand_recon_ros.bus.throttle import ThrottledWarning
from hand_recon_ros.bus.wire_types import dds_type

logger = logging.getLogger(__name__)

GRAPH_TOPIC = "ros_discovery_info"
GRAPH_TYPE = "rmw_dds_common/msg/ParticipantEntitiesInfo"
GRAPH_QOS = Qos(reliable=True, transient_local=True, depth=1)
BEFORE_IRON = ("humble",)
MAX_BLOCKING = duration(milliseconds=100)  # how long slow reliable readers may hold a publisher back

# A domain is configured once per process, by its first participant, and lives as long as a bus uses it.
_domains: WeakValueDictionary[int, Domain] = WeakValueDictionary()
_domains_lock = threading.Lock()


class WirePublisher:
    """One output topic on the wire."""

    def __init__(self, writer: RawWriter, topic: str):
        self._writer = writer
        self.topic = topic
        self._slow = ThrottledWarning(logger)

    def publish(self, cdr: Cdr) -> None:
        """Send one message; the bytes may be reused afterwards. ValueError if they do not fit the topic's type."""
        if not self._writer.write(cdr):
            self._slow(f"message on {self.topic} not sent: a reliable subscriber is too slow")

    def subscription_count(self) -> int:
        """Number of matching subscriptions."""
        return self._writer.matched_count()

    def wait_for_subscriptions(self, count: int = 1, timeout_s: float = 10.0) -> bool:
        """Wait until that many subscriptions match; False when the time is over before."""
        return self._writer.wait_matched(count, timeout_s)


class WireSubscription:
    """One input topic on the wire."""

    def __init__(self, reader: RawReader, topic: str, on_message: OnMessage):
        self._reader = reader
        self.topic = topic
        self._on_message = on_message
        self._failed = ThrottledWarning(logger)

    def publisher_count(self) -> int:
        """Number of matching publishers."""
        return self._reader.matched_count()

    def wait_for_publishers(self, count: int = 1, timeout_s: float = 10.0) -> bool:
        """Wait until that many publishers match; False when the time is over before."""
        return self._reader.wait_matched(count, timeout_s)

    def deliver(self) -> None:
        """Hand over the messages that wait."""
        for cdr in self._reader.take():
            try:
                self._on_message(cdr)
            except Exception as error:  # one bad message must not end the reception of all
                self._failed(f"message on {self.topic} could not be handled", error)


class WireBus:
    """A DDS participant that is one ROS 2 node.

    Args:
        node: name, namespace and remappings.
        settings: domain and discovery; by default from the environment.

    Raises:
        RuntimeError: Cyclone DDS does not accept the configuration or finds no network interface.
    """

    def __init__(self, node: NodeName, settings: WireSettings | None = None):
        self.node = node
        self.settings = settings or settings_from_environment()
        domain_id = self.settings.domain_id
        try:
            self._domain: Domain | None = _enter_domain(self.settings)
            self._participant = DomainParticipant(domain_id, qos=DdsQos(Policy.Userdata(b"enclave=/;")))
        except DDSException as error:
            raise RuntimeError(
                f"Cyclone DDS cannot start in domain {domain_id} ({error}); check CYCLONEDDS_URI and the network"
            ) from error
        self._publisher, self._subscriber = DdsPublisher(self._participant), DdsSubscriber(self._participant)
        self._topics: dict[tuple[str, str], RawTopic] = {}
        self._writers: list[RawWriter] = []
        self._readers: list[RawReader] = []
        self._subscriptions: list[WireSubscription] = []
        self._wake = GuardCondition(self._participant)
        self._arrivals = WaitSet(self._participant)
        self._arrivals.attach(self._wake)
        self._receiver: threading.Thread | None = None
        self._closing = False
        self._graph = RawWriter(self._publisher, self._topic(GRAPH_TOPIC, GRAPH_TYPE), dds_qos(GRAPH_QOS))
        self._announce()

    def publisher(self, topic: str, ros_type: str, qos: Qos) -> WirePublisher:
        """Create a publisher."""
        name = self.resolve(topic)
        writer = RawWriter(self._publisher, self._topic(f"rt{name}", ros_type), self._endpoint_qos(qos, ros_type))
        self._writers.append(writer)
        self._announce()
        return WirePublisher(writer, name)

    def subscribe(self, topic: str, ros_type: str, qos: Qos, on_message: OnMessage) -> WireSubscription:
        """Create a subscription; on_message is called from the receive thread of `spin`."""
        name = self.resolve(topic)
        reader = RawReader(self._subscriber, self._topic(f"rt{name}", ros_type), self._endpoint_qos(qos, ros_type))
        self._readers.append(reader)
        subscription = WireSubscription(reader, name, on_message)
        self._subscriptions.append(subscription)
        self._arrivals.attach(ReadCondition(cast(Any, reader), ANY_STATE))
        self._announce()
        return subscription

    def resolve(self, topic: str) -> str:
        """The absolute name of a topic after expansion and remapping."""
        return self.node.resolve(topic)

    def sibling(self, base: str, topic: str) -> str:
        """The absolute name of a topic that follows a base topic when only that one is remapped."""
        return self.node.sibling(base, topic)

    def now_ns(self) -> int:
        """System time."""
        return time.time_ns()

    def spin(self, stop: threading.Event) -> None:
        """Deliver messages from a receive thread until stop is set."""
        self._wake.set(False)
        self._closing = False
        self._receiver = threading.Thread(target=self._receive, args=(stop,), name="dds-receive", daemon=True)
        self._receiver.start()
        try:
            stop.wait()
        finally:
            self._stop_receiving()

    def close(self) -> None:
        """Leave the graph."""
        if self._domain is None:
            return
        self._stop_receiving()
        self._participant._delete(self._participant._ref)  # with everything that belongs to it
        with _domains_lock:  # the last bus of a domain deletes it, which must be over before it is entered again
            self._domain = None

    def _receive(self, stop: threading.Event) -> None:
        try:
            while not self._closing:
                self._arrivals.wait(10**9)  # woken by messages and by _stop_receiving
                for subscription in tuple(self._subscriptions):
                    subscription.deliver()
        finally:
            stop.set()  # a node that cannot hear any more must not go on

    def _stop_receiving(self) -> None:
        self._closing = True
        if self._receiver is not None:
            self._wake.set(True)
            self._receiver.join()
            self._receiver = None

    def _topic(self, dds_name: str, ros_type: str) -> RawTopic:
        key = dds_name, ros_type
        if key not in self._topics:
            self._topics[key] = RawTopic(self._participant, dds_name, dds_type(ros_type, self.settings.distribution))
        return self._topics[key]

    def _endpoint_qos(self, qos: Qos, ros_type: str) -> DdsQos:
        distribution = self.settings.distribution
        if distribution in BEFORE_IRON:
            return dds_qos(qos)
        return dds_qos(qos, f"typehash={message_types(distribution).hash_rihs01(ros_type)};".encode())

    def _announce(self) -> None:
        """Tell the ROS graph which endpoints belong to this node."""
        types = message_types(self.settings.distribution)
        node = types.types["rmw_dds_common/msg/NodeEntitiesInfo"](
            self.node.namespace,
            self.node.name,
            [self._gid(reader) for reader in self._readers],
            [self._gid(writer) for writer in self._writers],
        )
        message = types.types[GRAPH_TYPE](self._gid(self._participant), [node])
        self._graph.write(bytes(types.serialize_cdr(message, GRAPH_TYPE)))

    def _gid(self, entity: Any) -> Any:
        types = message_types(self.settings.distribution)
        length = 24 if self.settings.distribution in BEFORE_IRON else 16
        return types.types["rmw_dds_common/msg/Gid"](np.frombuffer(entity.guid.bytes.ljust(length, b"\0"), np.uint8))


def _enter_domain(settings: WireSettings) -> Domain:
    with _domains_lock:
        domain = _domains.get(settings.domain_id) or Domain(settings.domain_id, settings.config)
        _domains[settings.domain_id] = domain
        return domain


def dds_qos(qos: Qos, user_data: bytes = b"") -> DdsQos:
    """The DDS policies that rmw_cyclonedds_cpp sets for a profile."""
    history = Policy.History.KeepLast(qos.depth)
    policies = [
        Policy.Reliability.Reliable(MAX_BLOCKING) if qos.reliable else Policy.Reliability.BestEffort,
        history,
        Policy.WriterDataLifecycle(autodispose=False),
        Policy.DataRepresentation(use_cdrv0_representation=True, use_xcdrv2_representation=False),
    ]
    if qos.transient_local:  # without the durability service late joiners would get one message at most
        policies += [Policy.Durability.TransientLocal, Policy.DurabilityService(0, history, -1, -1, -1)]
    else:
        policies.append(Policy.Durability.Volatile)
    if user_data:
        policies.append(Policy.Userdata(user_data))
    return DdsQos(*policies)
