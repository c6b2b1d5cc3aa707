"""A node on the other side: a camera, a listener and a caller of services."""

from __future__ import annotations

import queue
import threading
from typing import Any

import numpy as np
import numpy.typing as npt
import rclpy
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState, GetState
from rcl_interfaces.srv import SetParameters
from rclpy.executors import SingleThreadedExecutor
from rclpy.parameter import Parameter
from rclpy.qos import QoSProfile
from sensor_msgs.msg import Image

WAIT_S = 30.0
REPEAT_S = 0.2
TRANSITIONS = {
    "configure": Transition.TRANSITION_CONFIGURE,
    "cleanup": Transition.TRANSITION_CLEANUP,
    "activate": Transition.TRANSITION_ACTIVATE,
    "deactivate": Transition.TRANSITION_DEACTIVATE,
}


class Peer:
    """Waits for events of the graph and of topics, never for time."""

    def __init__(self) -> None:
        self.node = rclpy.create_node("peer")
        self._executor = SingleThreadedExecutor()
        self._executor.add_node(self.node)
        self._thread = threading.Thread(target=self._executor.spin, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._executor.shutdown()
        self._thread.join(WAIT_S)
        self.node.destroy_node()

    def listen(self, kind: Any, topic: str, qos: QoSProfile | int = 10) -> queue.Queue[Any]:
        messages: queue.Queue[Any] = queue.Queue()
        self.node.create_subscription(kind, topic, messages.put, qos)
        return messages

    def camera(self, topic: str, qos: QoSProfile | int = 10) -> Any:
        return self.node.create_publisher(Image, topic, qos)

    def call(self, kind: Any, name: str, request: Any) -> Any:
        client = self.node.create_client(kind, name)
        assert client.wait_for_service(WAIT_S), f"no service {name}"
        done = threading.Event()
        future = client.call_async(request)
        future.add_done_callback(lambda _: done.set())
        assert done.wait(WAIT_S), f"no answer from {name}"
        return future.result()

    def transition(self, name: str, node: str = "/hand_recon") -> bool:
        request = ChangeState.Request(transition=Transition(id=TRANSITIONS[name]))
        return bool(self.call(ChangeState, f"{node}/change_state", request).success)

    def state(self, node: str = "/hand_recon") -> str:
        return str(self.call(GetState, f"{node}/get_state", GetState.Request()).current_state.label)

    def set(self, name: str, value: Any, node: str = "/hand_recon") -> tuple[bool, str]:
        request = SetParameters.Request(parameters=[Parameter(name, value=value).to_parameter_msg()])
        (result,) = self.call(SetParameters, f"{node}/set_parameters", request).results
        return result.successful, result.reason

    def published(
        self, images: Any, message: Image | bytes, results: queue.Queue[Any], longest_s: float = WAIT_S
    ) -> Any:
        """Publish until an answer comes: a best-effort image may be lost while the ends find each other."""
        while not results.empty():
            results.get()
        for _ in range(int(longest_s / REPEAT_S)):
            images.publish(message)
            try:
                return results.get(timeout=REPEAT_S)
            except queue.Empty:
                continue
        raise AssertionError(f"no result within {longest_s} s")


def image_of(rgb: npt.NDArray[np.uint8], stamp_ns: int = 1, frame_id: str = "camera") -> Image:
    message = Image(height=rgb.shape[0], width=rgb.shape[1], encoding="rgb8", step=rgb.shape[1] * 3)
    message.header.stamp.sec, message.header.stamp.nanosec = divmod(stamp_ns, 10**9)
    message.header.frame_id = frame_id
    message.data.frombytes(rgb.tobytes())
    return message
