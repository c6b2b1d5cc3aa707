"""The rclpy bus: topics of a node of an installed ROS 2, as CDR bytes.

rclpy hands messages over as bytes (`raw=True`) and sends bytes as they are, so no message object is ever built.
"""

from __future__ import annotations

import importlib
import logging
import threading
from collections.abc import Callable
from typing import Any

from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, HistoryPolicy, QoSProfile, ReliabilityPolicy, qos_policy_name_from_kind
from rclpy.qos_overriding_options import QoSOverridingOptions

from hand_recon_ros.bus.interface import Answer, Cdr, OnMessage, Qos
from hand_recon_ros.bus.names import sibling_name
from hand_recon_ros.bus.throttle import ThrottledWarning

try:
    from rclpy.event_handler import PublisherEventCallbacks, SubscriptionEventCallbacks
except ImportError:  # Humble
    from rclpy.qos_event import PublisherEventCallbacks, SubscriptionEventCallbacks

logger = logging.getLogger(__name__)


class _Endpoint:
    """What publishers and subscriptions share: counting peers with another quality of service."""

    def __init__(self, node: Node, topic: str):
        self._node, self.topic = node, topic
        self._incompatible = 0

    def incompatible_count(self) -> int:
        """How often a peer's quality of service did not match."""
        return self._incompatible

    def _on_incompatible(self, event: Any) -> None:
        self._incompatible = event.total_count
        policy = qos_policy_name_from_kind(event.last_policy_kind)
        logger.warning("a peer on %s does not match in its %s policy; no messages pass", self.topic, policy)


class RclpyPublisher(_Endpoint):
    """One output topic."""

    def __init__(self, node: Node, topic: str, ros_type: str, qos: Qos):
        super().__init__(node, topic)
        self._publisher = node.create_publisher(
            message_class(ros_type),
            topic,
            profile_of(qos),
            event_callbacks=PublisherEventCallbacks(incompatible_qos=self._on_incompatible),
            qos_overriding_options=QoSOverridingOptions.with_default_policies(),
        )

    def publish(self, cdr: Cdr) -> None:
        """Send one message."""
        self._publisher.publish(bytes(cdr))

    def subscription_count(self) -> int:
        """Number of matching subscriptions."""
        return int(self._publisher.get_subscription_count())

    def close(self) -> None:
        """Leave the topic."""
        self._node.destroy_publisher(self._publisher)


class RclpySubscription(_Endpoint):
    """One input topic."""

    def __init__(self, node: Node, topic: str, ros_type: str, qos: Qos, on_message: OnMessage):
        super().__init__(node, topic)
        self._on_message = on_message
        self._failed = ThrottledWarning(logger)
        self._subscription = node.create_subscription(
            message_class(ros_type),
            topic,
            self._deliver,
            profile_of(qos),
            event_callbacks=SubscriptionEventCallbacks(incompatible_qos=self._on_incompatible),
            qos_overriding_options=QoSOverridingOptions.with_default_policies(),
            raw=True,
        )

    def publisher_count(self) -> int:
        """Number of publishers on the topic."""
        return int(self._node.count_publishers(self.topic))

    def lost_count(self) -> int:
        """Unknown here: rclpy does not tell which messages the middleware replaced."""
        return 0

    def close(self) -> None:
        """Leave the topic."""
        self._node.destroy_subscription(self._subscription)

    def _deliver(self, cdr: bytes) -> None:
        try:
            self._on_message(memoryview(cdr))
        except Exception as error:  # one bad message must not end the reception of all
            self._failed(f"message on {self.topic} could not be handled", error)


class RclpyBus:
    """The topics, services and timers of a node; the node itself belongs to the caller."""

    def __init__(self, node: Node):
        self._node = node
        self._error: BaseException | None = None

    def publisher(self, topic: str, ros_type: str, qos: Qos) -> RclpyPublisher:
        """Create a publisher."""
        return RclpyPublisher(self._node, topic, ros_type, qos)

    def subscribe(self, topic: str, ros_type: str, qos: Qos, on_message: OnMessage) -> RclpySubscription:
        """Create a subscription."""
        return RclpySubscription(self._node, topic, ros_type, qos, on_message)

    def resolve(self, topic: str) -> str:
        """The absolute name of a topic after expansion and remapping."""
        return str(self._node.resolve_topic_name(topic))

    def sibling(self, base: str, topic: str) -> str:
        """The absolute name of a topic that follows a base topic when only that one is remapped."""

        def expand(name: str) -> str:
            return str(self._node.resolve_topic_name(name, only_expand=True))

        return sibling_name(expand, self.resolve, base, topic)

    def now_ns(self) -> int:
        """Time of the node's clock."""
        return int(self._node.get_clock().now().nanoseconds)

    def trigger_service(self, name: str, handler: Callable[[], Answer]) -> None:
        """Offer a std_srvs/Trigger service."""
        from std_srvs.srv import Trigger

        def serve(request: Any, response: Any) -> Any:
            return _filled(response, handler())

        self._node.create_service(Trigger, name, serve)

    def switch_service(self, name: str, handler: Callable[[bool], Answer]) -> None:
        """Offer a std_srvs/SetBool service."""
        from std_srvs.srv import SetBool

        def serve(request: Any, response: Any) -> Any:
            return _filled(response, handler(request.data))

        self._node.create_service(SetBool, name, serve)

    def every(self, period_s: float, callback: Callable[[], None]) -> None:
        """Call back again and again by the node's clock."""
        self._node.create_timer(period_s, callback)

    def spin(self, stop: threading.Event) -> None:
        """Serve topics, services and timers from a thread until stop is set.

        A thread, because Python runs signal handlers only in the main one, and not while that waits inside ROS.
        """
        executor = SingleThreadedExecutor()
        executor.add_node(self._node)
        server = threading.Thread(target=self._serve, args=(executor, stop), name="ros", daemon=True)
        server.start()
        try:
            stop.wait()
        finally:
            executor.shutdown(timeout_sec=1.0)
            server.join(1.0)
        if self._error is not None:
            raise RuntimeError(f"the node cannot hear any more: {self._error}") from self._error

    def close(self) -> None:
        """Nothing to release: endpoints belong to the node."""

    def _serve(self, executor: SingleThreadedExecutor, stop: threading.Event) -> None:
        try:
            executor.spin()
        except Exception as error:
            if not stop.is_set():
                self._error = error
        finally:
            stop.set()


def message_class(ros_type: str) -> Any:
    """The class of a message type such as `sensor_msgs/msg/Image`.

    Raises:
        RuntimeError: its package is not built or not sourced.
    """
    package, kind, name = ros_type.split("/")
    try:
        return getattr(importlib.import_module(f"{package}.{kind}"), name)
    except (ImportError, AttributeError) as error:
        raise RuntimeError(
            f"expected message type {ros_type} in the sourced ROS 2 workspaces ({error}); "
            f"build {package} with colcon and source install/setup.bash"
        ) from error


def profile_of(qos: Qos) -> QoSProfile:
    """The profile in rclpy's terms."""
    return QoSProfile(
        history=HistoryPolicy.KEEP_LAST,
        depth=qos.depth,
        reliability=ReliabilityPolicy.RELIABLE if qos.reliable else ReliabilityPolicy.BEST_EFFORT,
        durability=DurabilityPolicy.TRANSIENT_LOCAL if qos.transient_local else DurabilityPolicy.VOLATILE,
    )


def _filled(response: Any, answer: Answer) -> Any:
    response.success, response.message = answer.success, answer.message
    return response
