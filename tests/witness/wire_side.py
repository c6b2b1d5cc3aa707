"""Our side of the wire, for tests against the witness."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from witness_process import ATTEMPTS, WAIT_S

from hand_recon_ros.bus.wire import WireBus

NewBus = Callable[..., WireBus]


@contextmanager
def spinning(bus: WireBus) -> Iterator[None]:
    """Deliver messages meanwhile."""
    stop = threading.Event()
    thread = threading.Thread(target=bus.spin, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(WAIT_S)
        assert not thread.is_alive()


def first_message(send: Callable[[], None], arrived: queue.Queue[memoryview]) -> memoryview:
    """Send until a message arrives: a new match may lose some.

    Cyclone DDS takes what is under way when a volatile writer's first heartbeat comes for history, and drops it.
    """
    for _ in range(ATTEMPTS):
        send()
        try:
            return arrived.get(timeout=WAIT_S / ATTEMPTS)
        except queue.Empty:
            continue
    raise AssertionError(f"no message arrived after {ATTEMPTS} were sent")
