"""`~/hands` and `~/mesh_topology`: everything that is known about a frame."""

from __future__ import annotations

from hand_recon_ros.bus.hand_codec import (
    HAND_ARRAY,
    HAND_MESH_TOPOLOGY,
    Delivery,
    encode_hand_array,
    encode_mesh_topology,
    topology_id,
)
from hand_recon_ros.bus.interface import LATCHED, RESULTS, Bus
from hand_recon_ros.types import HandFrame


class ResultOutput:
    """`~/hands` for every frame, and before it `~/mesh_topology` once for each mesh in it."""

    def __init__(self, bus: Bus):
        self._hands = bus.publisher("~/hands", HAND_ARRAY, RESULTS)
        self._topologies = bus.publisher("~/mesh_topology", HAND_MESH_TOPOLOGY, LATCHED)
        self._known: set[int] = set()

    def publish(self, result: HandFrame, delivery: Delivery, vertices: bool) -> None:
        """Publish one frame, its hands with mesh vertices when asked for."""
        for hand in result.hands:
            number = topology_id(hand.faces)
            if number not in self._known:
                self._known.add(number)
                self._topologies.publish(encode_mesh_topology(hand))
        self._hands.publish(encode_hand_array(result, delivery, vertices))

    def close(self) -> None:
        """Leave the topics."""
        self._hands.close()
        self._topologies.close()
