"""All outputs over real DDS: Cyclone DDS checks every message against the layout of its type."""

from __future__ import annotations

import queue
from functools import partial
from typing import Any

from memory_bus import CAMERA
from messages import STORE
from outputs_fixture import hand
from stand_in import picture
from wire_buses import WAIT_S, bus, spinning

from hand_recon_ros.bus import Qos
from hand_recon_ros.bus.hand_codec import Delivery
from hand_recon_ros.bus.wire import WireBus
from hand_recon_ros.node.outputs import HandOutputs
from hand_recon_ros.node.parameters import NodeParameters
from hand_recon_ros.types import Frame, HandFrame, Side


class Remembering:
    """A bus that remembers the publishers it gives away."""

    def __init__(self, wire: WireBus):
        self.wire = wire
        self.publishers: dict[str, tuple[str, Qos, Any]] = {}

    def publisher(self, topic: str, ros_type: str, qos: Qos) -> Any:
        made = self.wire.publisher(topic, ros_type, qos)
        self.publishers[self.wire.resolve(topic)] = (ros_type, qos, made)
        return made


def test_every_output_arrives_as_its_type() -> None:
    arrived: queue.Queue[tuple[str, memoryview]] = queue.Queue()
    parameters = NodeParameters(publish_tf=True, publish_vertices=True)
    result = HandFrame((hand(1), hand(2, Side.LEFT)), CAMERA, 5, "camera")
    with bus() as wire, bus("watcher") as watcher:
        remembering = Remembering(wire)
        outputs = HandOutputs(remembering, parameters)  # type: ignore[arg-type]
        for topic, (ros_type, qos, _) in remembering.publishers.items():
            watcher.subscribe(topic, ros_type, qos, partial(lambda name, cdr: arrived.put((name, cdr)), topic))
        for _, _, publisher in remembering.publishers.values():
            assert publisher.wait_for_subscriptions(1, WAIT_S)
        with spinning(watcher):
            outputs.publish(Frame(picture(2), 5, "camera", CAMERA), result, Delivery(), parameters)
            messages: dict[str, Any] = {}
            while set(messages) != set(remembering.publishers):
                topic, cdr = arrived.get(timeout=WAIT_S)
                messages[topic] = STORE.deserialize_cdr(bytes(cdr), remembering.publishers[topic][0])
        outputs.close()
    assert len(messages) == 14
    assert messages["/near/here/right/joint_states"].name[0] == "right_thumb_cmc_flexion"
    assert [t.child_frame_id for t in messages["/tf"].transforms][::21] == ["left_hand", "right_hand"]
