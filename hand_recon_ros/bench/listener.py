"""Somebody who listens in another process, so that publishing costs what it costs."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.synchronize import Event

from hand_recon_ros.bus.discovery import localhost_settings
from hand_recon_ros.bus.interface import Publisher, Qos
from hand_recon_ros.bus.names import NodeName
from hand_recon_ros.bus.wire import WireBus

PATIENCE_S = 60.0


def private_domain() -> int:
    """A DDS domain that other programs of this computer hardly use; above 101 its ports may be handed to others."""
    return 52 + os.getpid() % 50


@contextmanager
def listening_process(topic: str, ros_type: str, qos: Qos) -> Iterator[Publisher]:
    """A publisher on a topic that another process has subscribed to.

    Raises:
        RuntimeError: that process does not come up, or there is no network interface for DDS.
    """
    context = get_context("spawn")
    stop = context.Event()
    listener = context.Process(target=listen, args=(private_domain(), topic, ros_type, qos, stop))
    listener.start()
    bus = WireBus(NodeName("bench"), localhost_settings(private_domain()))
    try:
        publisher = bus.publisher(topic, ros_type, qos)
        if not publisher.wait_for_subscriptions(1, PATIENCE_S):
            raise RuntimeError(f"no subscriber came up within {PATIENCE_S:g} s; see what `hand-recon doctor` says")
        yield publisher
    finally:
        stop.set()
        bus.close()
        listener.join()


def listen(domain: int, topic: str, ros_type: str, qos: Qos, stop: Event) -> None:
    """In the other process: take all messages and drop them."""
    bus = WireBus(NodeName("listener"), localhost_settings(domain))
    bus.subscribe(topic, ros_type, qos, lambda cdr: None)
    ended = threading.Event()
    spinning = threading.Thread(target=bus.spin, args=(ended,))
    spinning.start()
    stop.wait()
    ended.set()
    spinning.join()
    bus.close()
