"""Calls of the plain services of other nodes."""

from __future__ import annotations

from contextlib import closing
from typing import Any

from hand_recon_ros.bus.definitions import message_types
from hand_recon_ros.bus.interface import Answer
from hand_recon_ros.bus.wire import WireBus


def call_trigger(bus: WireBus, name: str, timeout_s: float = 5.0) -> Answer:
    """What a std_srvs/Trigger service says.

    Raises:
        TimeoutError: nobody offers the service, or it did not respond in time.
    """
    return _call(bus, name, "std_srvs/srv/Trigger", timeout_s)


def call_switch(bus: WireBus, name: str, on: bool, timeout_s: float = 5.0) -> Answer:
    """What a std_srvs/SetBool service says.

    Raises:
        TimeoutError: nobody offers the service, or it did not respond in time.
    """
    return _call(bus, name, "std_srvs/srv/SetBool", timeout_s, data=on)


def _call(bus: WireBus, name: str, service_type: str, timeout_s: float, **fields: Any) -> Answer:
    request = message_types(bus.settings.distribution).types[f"{service_type}_Request"](**fields)
    with closing(bus.client(name, service_type)) as client:
        response = client.call(request, timeout_s)
    return Answer(response.success, response.message)
