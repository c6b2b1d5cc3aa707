"""The node's entry in the ROS graph: which DDS endpoints belong to it (rmw_dds_common)."""

from __future__ import annotations

import threading
import time
from typing import Any

import numpy as np
from cyclonedds.core import Entity

from hand_recon_ros.bus.definitions import message_types
from hand_recon_ros.bus.interface import Qos
from hand_recon_ros.bus.names import NodeName
from hand_recon_ros.bus.raw_endpoint import RawEndpoint, RawReader, RawWriter

GRAPH_TOPIC = "ros_discovery_info"
GRAPH_TYPE = "rmw_dds_common/msg/ParticipantEntitiesInfo"
GRAPH_QOS = Qos(reliable=True, transient_local=True, depth=1)
GID_BYTES = 16
GID_BYTES_BEFORE_IRON = 24
BEFORE_IRON = ("humble",)
LAST_MESSAGES_S = 0.5  # for all publishers together


class GraphEntry:
    """Announces a participant with one node, and again whenever an endpoint comes or goes.

    Args:
        node: its name.
        participant: the DDS participant of the node.
        writer: of `GRAPH_TOPIC`.
        distribution: decides the length of an identifier.
    """

    def __init__(self, node: NodeName, participant: Entity, writer: RawWriter, distribution: str):
        self._node, self._participant, self._writer = node, participant, writer
        self._types = message_types(distribution)
        self._gid_bytes = GID_BYTES_BEFORE_IRON if distribution in BEFORE_IRON else GID_BYTES
        self._gids: dict[RawEndpoint, Any] = {}
        self._lock = threading.Lock()

    def add(self, *endpoints: RawEndpoint) -> None:
        """Announce further endpoints, or the node alone."""
        with self._lock:
            self._gids.update({endpoint: self._gid(endpoint) for endpoint in endpoints})
            self._announce()

    def remove(self, endpoint: RawEndpoint) -> None:
        """Announce that an endpoint is gone."""
        with self._lock:
            self._gids.pop(endpoint, None)
            self._announce()

    def close(self) -> None:
        """Close all endpoints, once readers have the last messages; nothing is announced any more."""
        with self._lock:
            self._writer.close()
            endpoints, self._gids = tuple(self._gids), {}
        end = time.monotonic() + LAST_MESSAGES_S
        for endpoint in endpoints:
            if isinstance(endpoint, RawWriter):
                endpoint.wait_acknowledged(max(0.0, end - time.monotonic()))
        for endpoint in endpoints:
            endpoint.close()

    def _announce(self) -> None:
        readers = [gid for endpoint, gid in self._gids.items() if isinstance(endpoint, RawReader)]
        writers = [gid for endpoint, gid in self._gids.items() if isinstance(endpoint, RawWriter)]
        node = self._types.types["rmw_dds_common/msg/NodeEntitiesInfo"](
            self._node.namespace, self._node.name, readers, writers
        )
        message = self._types.types[GRAPH_TYPE](self._gid(self._participant), [node])
        self._writer.write(bytes(self._types.serialize_cdr(message, GRAPH_TYPE)))

    def _gid(self, entity: Entity) -> Any:
        raw = entity.guid.bytes.ljust(self._gid_bytes, b"\0")
        return self._types.types["rmw_dds_common/msg/Gid"](np.frombuffer(raw, np.uint8))
