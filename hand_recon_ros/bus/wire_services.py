"""Services over DDS as rmw_cyclonedds_cpp offers them: a topic of requests and one of responses."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from cyclonedds.core import Entity

from hand_recon_ros.bus.definitions import message_types
from hand_recon_ros.bus.interface import Answer
from hand_recon_ros.bus.matched import publisher_data, publishers_data, subscriptions_data
from hand_recon_ros.bus.raw_endpoint import RawReader, RawWriter
from hand_recon_ros.bus.service_codec import CallId, ServiceCodec
from hand_recon_ros.bus.throttle import ThrottledWarning

logger = logging.getLogger(__name__)

CLIENT_PATIENCE_S = 0.1


class WireService:
    """The side that responds."""

    def __init__(
        self, reader: RawReader, writer: RawWriter, name: str, codec: ServiceCodec, handle: Callable[[Any], Any]
    ):
        self.name = name
        self.ends = self._reader, self._writer = reader, writer
        self._codec, self._handle = codec, handle
        self._failed = ThrottledWarning(logger)
        self._stranger = ThrottledWarning(logger)
        reader.set_status_mask(reader.matched_status)

    def triggers(self) -> tuple[Entity, ...]:
        """What wakes the receive loop."""
        return (self._reader, self._reader.condition)

    def attend(self) -> None:
        """Respond to the requests that wait; one that fails is logged and remains without response."""
        if self._reader.take_status(self._reader.matched_status):
            self._warn_of_strangers()
        for cdr, publisher in self._reader.take_with_publisher():
            try:
                call, request = self._codec.decode(cdr, self._codec.request_type)
                self._respond(call, self._handle(request), publisher)
            except ValueError as error:
                self._failed(f"request to {self.name} ignored: {error}")
            except Exception as error:  # one bad request must not end the reception of all
                self._failed(f"request to {self.name} could not be handled", error)

    def _warn_of_strangers(self) -> None:
        if any(not client_of(data) for data in publishers_data(self._reader)):
            self._stranger(
                f"a client of {self.name} does not use Cyclone DDS, so that it cannot be answered: "
                "start it with RMW_IMPLEMENTATION=rmw_cyclonedds_cpp"
            )

    def _respond(self, call: CallId, response: Any, publisher: int) -> None:
        # A client writes as soon as it sees us; its reader may be found a moment later than its writer.
        client = client_of(publisher_data(self._reader, publisher))
        if client:
            self._writer.wait_until(
                lambda: client in map(client_of, subscriptions_data(self._writer)), CLIENT_PATIENCE_S
            )
        if not self._writer.write(self._codec.encode(call, response, self._codec.response_type)):
            self._failed(f"response of {self.name} not sent: a client is too slow")


def client_of(user_data: bytes) -> bytes:
    """What the ends of a client of rmw_cyclonedds_cpp have in common; nothing for other ends."""
    entries = (entry.partition(b"=") for entry in user_data.split(b";"))
    return next((value for key, _, value in entries if key == b"clientid"), b"")


def trigger_handler(handler: Callable[[], Answer], distribution: str) -> Callable[[Any], Any]:
    """How to respond to std_srvs/Trigger; an error of the handler becomes an answer."""
    response = message_types(distribution).types["std_srvs/srv/Trigger_Response"]
    return lambda request: response(**_said(handler))


def switch_handler(handler: Callable[[bool], Answer], distribution: str) -> Callable[[Any], Any]:
    """How to respond to std_srvs/SetBool; an error of the handler becomes an answer."""
    response = message_types(distribution).types["std_srvs/srv/SetBool_Response"]
    return lambda request: response(**_said(lambda: handler(bool(request.data))))


def _said(handler: Callable[[], Answer]) -> dict[str, Any]:
    try:
        answer = handler()
    except Exception as error:  # who asked should hear of it
        logger.warning("a service failed", exc_info=error)
        answer = Answer(False, str(error) or type(error).__name__)
    return {"success": answer.success, "message": answer.message}
