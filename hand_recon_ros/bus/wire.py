"""The wire bus: an ordinary ROS 2 node over DDS, without ROS installed.

Payloads are plain CDR, topics and types carry ROS names, and the node is announced on `ros_discovery_info`, so
`ros2 topic`, `ros2 node` and RViz see it like any other (rmw_cyclonedds_cpp, rmw_dds_common).
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from itertools import count
from typing import Any
from weakref import WeakValueDictionary

from cyclonedds.core import DDSException
from cyclonedds.domain import Domain, DomainParticipant
from cyclonedds.pub import Publisher as DdsPublisher
from cyclonedds.qos import Policy
from cyclonedds.qos import Qos as DdsQos
from cyclonedds.sub import Subscriber as DdsSubscriber

from hand_recon_ros.bus.clock import CLOCK, CLOCK_TOPIC, SimulatedTime, system_time_ns
from hand_recon_ros.bus.definitions import message_types
from hand_recon_ros.bus.discovery import WireSettings, settings_from_environment
from hand_recon_ros.bus.interface import NEWEST, Answer, OnMessage, Qos
from hand_recon_ros.bus.names import NodeName
from hand_recon_ros.bus.raw_endpoint import RawReader, RawWriter
from hand_recon_ros.bus.raw_topic import RawTopic
from hand_recon_ros.bus.service_codec import ServiceCodec
from hand_recon_ros.bus.wire_client import WireClient
from hand_recon_ros.bus.wire_endpoints import WirePublisher, WireSubscription
from hand_recon_ros.bus.wire_graph import BEFORE_IRON, GRAPH_QOS, GRAPH_TOPIC, GRAPH_TYPE, GraphEntry
from hand_recon_ros.bus.wire_qos import dds_qos
from hand_recon_ros.bus.wire_receiver import Receiver
from hand_recon_ros.bus.wire_services import WireService, switch_handler, trigger_handler
from hand_recon_ros.bus.wire_types import dds_type

SERVICE_QOS = Qos(reliable=True, depth=10)

# A domain is configured once per process, by its first participant, and lives as long as a bus uses it.
_domains: WeakValueDictionary[int, Domain] = WeakValueDictionary()
_domains_lock = threading.Lock()


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
        self._service_ids = count(1)
        self._clock: Callable[[], int] = system_time_ns
        self._receiver = Receiver(self._participant, self.now_ns)
        graph_writer = self._writer(GRAPH_TOPIC, GRAPH_TYPE, GRAPH_QOS)
        self._graph = GraphEntry(node, self._participant, graph_writer, self.settings.distribution)
        self._graph.add()

    def publisher(self, topic: str, ros_type: str, qos: Qos) -> WirePublisher:
        """Create a publisher."""
        name = self.resolve(topic)
        publisher = WirePublisher(self._writer(f"rt{name}", ros_type, qos), name, self._leave)
        self._receiver.add(publisher)
        self._graph.add(publisher.endpoint)
        return publisher

    def subscribe(self, topic: str, ros_type: str, qos: Qos, on_message: OnMessage) -> WireSubscription:
        """Create a subscription; on_message is called from the receive thread of `spin`."""
        name = self.resolve(topic)
        subscription = WireSubscription(self._reader(f"rt{name}", ros_type, qos), name, on_message, self._leave)
        self._receiver.add(subscription)
        self._graph.add(subscription.endpoint)
        return subscription

    def serve(self, name: str, service_type: str, handle: Callable[[Any], Any], qos: Qos = SERVICE_QOS) -> WireService:
        """Offer a service of a type such as `std_srvs/srv/Trigger`.

        Clients have to use Cyclone DDS too (rmw_cyclonedds_cpp): it puts what belongs to a call into the message,
        others, such as rmw_fastrtps_cpp, into parts of the protocol that Cyclone DDS does not offer.

        Args:
            name: relative, private or absolute, remapped like a topic.
            service_type: one of `service_definitions.SERVICES`.
            handle: makes the response message from the request message; called from the receive thread of `spin`.
                When it raises an error, that is logged and the request remains without response.
            qos: of request and response.
        """
        resolved = self.resolve(name)
        codec = ServiceCodec(service_type, self.settings.distribution)
        identity = self._service_identity("serviceid")
        reader = self._reader(f"rq{resolved}Request", codec.request_type, qos, identity)
        writer = self._writer(f"rr{resolved}Reply", codec.response_type, qos, identity)
        service = WireService(reader, writer, resolved, codec, handle)
        self._receiver.add(service)
        self._graph.add(reader, writer)
        return service

    def client(self, name: str, service_type: str) -> WireClient:
        """Call a service of another node; see `serve`."""
        resolved = self.resolve(name)
        codec = ServiceCodec(service_type, self.settings.distribution)
        identity = self._service_identity("clientid")
        writer = self._writer(f"rq{resolved}Request", codec.request_type, SERVICE_QOS, identity)
        reader = self._reader(f"rr{resolved}Reply", codec.response_type, SERVICE_QOS, identity)
        self._graph.add(reader, writer)
        return WireClient(reader, writer, resolved, codec, self._graph.remove)

    def trigger_service(self, name: str, handler: Callable[[], Answer]) -> None:
        """Offer a std_srvs/Trigger service; handler is called from `spin`."""
        self.serve(name, "std_srvs/srv/Trigger", trigger_handler(handler, self.settings.distribution))

    def switch_service(self, name: str, handler: Callable[[bool], Answer]) -> None:
        """Offer a std_srvs/SetBool service; handler is called from `spin`."""
        self.serve(name, "std_srvs/srv/SetBool", switch_handler(handler, self.settings.distribution))

    def every(self, period_s: float, callback: Callable[[], None]) -> None:
        """Call back every period from `spin`, by the clock of `now_ns`."""
        self._receiver.every(period_s, callback)

    def resolve(self, topic: str) -> str:
        """The absolute name of a topic or service after expansion and remapping."""
        return self.node.resolve(topic)

    def sibling(self, base: str, topic: str) -> str:
        """The absolute name of a topic that follows a base topic when only that one is remapped."""
        return self.node.sibling(base, topic)

    def now_ns(self) -> int:
        """System time, or that of `/clock`."""
        return self._clock()

    def follow_clock(self) -> None:
        """Take the time from `/clock` from now on, as nodes do with use_sim_time; timers follow it too."""
        clock = SimulatedTime()
        self.subscribe(CLOCK_TOPIC, CLOCK, NEWEST, clock.receive)
        self._clock = clock

    def spin(self, stop: threading.Event) -> None:
        """Deliver messages, requests and the time from a receive thread until stop is set."""
        self._receiver.run(stop)

    def close(self) -> None:
        """Leave the graph."""
        if self._domain is None:
            return
        self._receiver.end()
        self._graph.close()
        self._participant._delete(self._participant._ref)  # with everything that belongs to it
        with _domains_lock:  # the last bus of a domain deletes it, which must be over before it is entered again
            self._domain = None

    def _leave(self, end: WirePublisher | WireSubscription) -> None:
        self._receiver.remove(end)
        self._graph.remove(end.endpoint)

    def _writer(self, dds_name: str, ros_type: str, qos: Qos, identity: str = "") -> RawWriter:
        user_data = self._user_data(ros_type, identity)
        return RawWriter(self._publisher, self._topic(dds_name, ros_type), dds_qos(qos, user_data))

    def _reader(self, dds_name: str, ros_type: str, qos: Qos, identity: str = "") -> RawReader:
        user_data = self._user_data(ros_type, identity)
        deeper = dds_qos(qos, user_data, RawReader.SPARE)
        return RawReader(self._subscriber, self._topic(dds_name, ros_type), deeper, qos.depth)

    def _topic(self, dds_name: str, ros_type: str) -> RawTopic:
        key = dds_name, ros_type
        if key not in self._topics:
            self._topics[key] = RawTopic(self._participant, dds_name, dds_type(ros_type, self.settings.distribution))
        return self._topics[key]

    def _user_data(self, ros_type: str, identity: str) -> bytes:
        """What an endpoint tells ROS about itself: the ends of a service belong together, and the type has a hash."""
        distribution = self.settings.distribution
        if distribution in BEFORE_IRON:
            return identity.encode()
        return f"{identity}typehash={message_types(distribution).hash_rihs01(ros_type)};".encode()

    def _service_identity(self, role: str) -> str:
        """Unique among all services or clients, in the form of rmw_cyclonedds_cpp."""
        raw = self._participant.guid.bytes[:12] + next(self._service_ids).to_bytes(4, "big")
        return f"{role}={'.'.join(f'{byte:x}' for byte in raw)};"


def _enter_domain(settings: WireSettings) -> Domain:
    with _domains_lock:
        domain = _domains.get(settings.domain_id) or Domain(settings.domain_id, settings.config)
        _domains[settings.domain_id] = domain
        return domain
