"""Calls of services over DDS as rmw_cyclonedds_cpp does them."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from cyclonedds.core import WaitSet

from hand_recon_ros.bus.raw_endpoint import RawEndpoint, RawReader, RawWriter
from hand_recon_ros.bus.service_codec import CallId, ServiceCodec


class WireClient:
    """The side that asks; `on_close` is called with each end that left."""

    def __init__(
        self,
        reader: RawReader,
        writer: RawWriter,
        name: str,
        codec: ServiceCodec,
        on_close: Callable[[RawEndpoint], None],
    ):
        self.name = name
        self._on_close = on_close
        self.ends = self._reader, self._writer = reader, writer
        self._codec = codec
        self._identity = writer.instance_handle & (2**64 - 1)
        self._sequence_number = 0

    def call(self, request: Any, timeout_s: float = 5.0) -> Any:
        """The response to a request; one call at a time, not from the receive thread.

        Raises:
            TimeoutError: nobody offers the service, or it did not respond in time.
        """
        end = time.monotonic() + timeout_s
        for endpoint in (self._writer, self._reader):
            if not endpoint.wait_matched(1, max(0.0, end - time.monotonic())):
                raise TimeoutError(f"expected a node that offers {self.name}, none came within {timeout_s:g} s")
        self._sequence_number += 1
        call = CallId(self._identity, self._sequence_number)
        self._writer.write(self._codec.encode(call, request, self._codec.request_type))
        return self._response(call, end, timeout_s)

    def close(self) -> None:
        """Leave the topics of the service; may be called twice."""
        for end in self.ends:
            if end.close():
                self._on_close(end)

    def _response(self, call: CallId, end: float, timeout_s: float) -> Any:
        participant = self._reader.participant
        if participant is None:
            raise TimeoutError(f"the bus is closed; {self.name} cannot respond")
        arrivals = WaitSet(participant)
        arrivals.attach(self._reader.condition)
        while (left := end - time.monotonic()) > 0:
            arrivals.wait(int(left * 1e9))
            for cdr in self._reader.take():
                answered, response = self._codec.decode(cdr, self._codec.response_type)
                if answered == call:  # others are of other clients, or came too late
                    return response
        raise TimeoutError(f"{self.name} did not respond within {timeout_s:g} s")
