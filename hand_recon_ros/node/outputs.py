"""What the node publishes for each frame."""

from __future__ import annotations

import numpy as np

from hand_recon_ros.bus.hand_codec import (
    HAND_ARRAY,
    HAND_MESH_TOPOLOGY,
    Delivery,
    encode_hand_array,
    encode_mesh_topology,
    topology_id,
)
from hand_recon_ros.bus.interface import LATCHED, RESULTS, Bus
from hand_recon_ros.bus.marker_codec import MARKER_ARRAY, encode_markers
from hand_recon_ros.node.parameters import NodeParameters
from hand_recon_ros.types import Hand, HandFrame


class HandOutputs:
    """Publishers of `~/hands` (always), `~/markers` (while somebody subscribes) and `~/mesh_topology` (once each).

    Markers of a hand keep their ids while it is tracked and are deleted when it is lost; the first message to a new
    audience clears what an earlier node may have left.
    """

    def __init__(self, bus: Bus):
        self._hands = bus.publisher("~/hands", HAND_ARRAY, RESULTS)
        self._markers = bus.publisher("~/markers", MARKER_ARRAY, RESULTS)
        self._topology = bus.publisher("~/mesh_topology", HAND_MESH_TOPOLOGY, LATCHED)
        self._known_topologies: set[int] = set()
        self._marked: set[int] | None = None  # ids on display; None: unknown, clear first

    def publish(self, frame: HandFrame, delivery: Delivery, parameters: NodeParameters) -> None:
        """Publish one frame."""
        self._publish_new_topologies(frame)
        self._hands.publish(encode_hand_array(frame, delivery, parameters.publish_vertices))
        self._publish_markers(frame, parameters)

    def reset(self) -> None:
        """Clear the markers with the next frame."""
        self._marked = None

    def _publish_new_topologies(self, frame: HandFrame) -> None:
        for hand in frame.hands:
            number = topology_id(hand.faces)
            if number not in self._known_topologies:
                self._known_topologies.add(number)
                self._topology.publish(encode_mesh_topology(hand))

    def _publish_markers(self, frame: HandFrame, parameters: NodeParameters) -> None:
        if not self._markers.subscription_count():
            self._marked = None
            return
        shown = [(_marker_id(index, hand), hand) for index, hand in enumerate(frame.hands) if _finite(hand)]
        ids = {number for number, _ in shown}
        lost = sorted((self._marked or set()) - ids)
        cdr = encode_markers(
            frame.stamp_ns, frame.frame_id, shown, lost, clear=self._marked is None, style=parameters.marker_style
        )
        self._marked = ids
        self._markers.publish(cdr)


def _marker_id(index: int, hand: Hand) -> int:
    """The track, or a negative number of its own for an untracked hand."""
    return hand.track_id or -1 - index


def _finite(hand: Hand) -> bool:
    """Whether RViz can draw the hand: it rejects markers with a point that is not a number."""
    return bool(np.isfinite(hand.joints).all() and np.isfinite(hand.vertices).all())
