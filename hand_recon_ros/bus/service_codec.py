"""Requests and responses of services as CDR with the header of rmw_cyclonedds_cpp."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

from hand_recon_ros.bus.definitions import message_types
from hand_recon_ros.bus.interface import Cdr
from hand_recon_ros.bus.service_definitions import SERVICES

MAX_BYTES = 1 << 16
ENCAPSULATION_BYTES = 4
HEADER_BYTES = 16


@dataclass(frozen=True)
class CallId:
    """Which call a request or response belongs to.

    Attributes:
        client: 64-bit number of the client.
        sequence_number: of the client's call.
    """

    client: int
    sequence_number: int


class ServiceCodec:
    """Encoding of the two messages of a service type.

    Args:
        service_type: such as `std_srvs/srv/Trigger`.
        distribution: of ROS 2.

    Raises:
        ValueError: an unknown service type.
    """

    def __init__(self, service_type: str, distribution: str):
        if service_type not in SERVICES:
            raise ValueError(f"expected a service type out of {', '.join(SERVICES)}, got {service_type!r}")
        self.request_type = f"{service_type}_Request"
        self.response_type = f"{service_type}_Response"
        self._types = message_types(distribution)

    def encode(self, call: CallId, message: Any, ros_type: str) -> bytes:
        """A request or response with the call it belongs to."""
        cdr = bytes(self._types.serialize_cdr(message, ros_type))
        header = struct.pack("<Qq", call.client, call.sequence_number)
        return cdr[:ENCAPSULATION_BYTES] + header + cdr[ENCAPSULATION_BYTES:]

    def decode(self, cdr: Cdr, ros_type: str) -> tuple[CallId, Any]:
        """The call and the message.

        Raises:
            ValueError: the bytes are too many, or are no such message.
        """
        data = bytes(cdr) if len(cdr) <= MAX_BYTES else b""
        start = ENCAPSULATION_BYTES + HEADER_BYTES
        if not start < len(data):
            raise ValueError(f"expected {ros_type} in {start + 1} to {MAX_BYTES} bytes, got {len(cdr)} bytes")
        order = "<" if data[1] else ">"
        call = CallId(*struct.unpack_from(f"{order}Qq", data, ENCAPSULATION_BYTES))
        try:
            message = self._types.deserialize_cdr(data[:ENCAPSULATION_BYTES] + data[start:], ros_type)
        except Exception as error:  # the codec gives way in many forms
            raise ValueError(f"expected {ros_type}, got {len(data)} bytes that are none: {error}") from error
        return call, message
