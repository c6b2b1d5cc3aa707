"""Calls of the plain services of other nodes."""

from __future__ import annotations

from hand_recon_ros.bus.definitions import message_types
from hand_recon_ros.bus.interface import Answer
from hand_recon_ros.bus.wire import WireBus


def call_trigger(bus: WireBus, name: str, timeout_s: float = 5.0) -> Answer:
    """What a std_srvs/Trigger service says.

    Raises:
        TimeoutError: nobody offers the service, or it did not respond in time.
    """
    request = message_types(bus.settings.distribution).types["std_srvs/srv/Trigger_Request"]()
    response = bus.client(name, "std_srvs/srv/Trigger").call(request, timeout_s)
    return Answer(response.success, response.message)


def call_switch(bus: WireBus, name: str, on: bool, timeout_s: float = 5.0) -> Answer:
    """What a std_srvs/SetBool service says.

    Raises:
        TimeoutError: nobody offers the service, or it did not respond in time.
    """
    request = message_types(bus.settings.distribution).types["std_srvs/srv/SetBool_Request"](on)
    response = bus.client(name, "std_srvs/srv/SetBool").call(request, timeout_s)
    return Answer(response.success, response.message)
