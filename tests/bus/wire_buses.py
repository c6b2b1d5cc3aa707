"""Buses on the loopback interface, in a domain of this run's own."""

from __future__ import annotations

import logging
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cyclonedds.core import WaitSet

from hand_recon_ros.bus.discovery import WireSettings, discovery_config
from hand_recon_ros.bus.names import NodeName
from hand_recon_ros.bus.raw_endpoint import RawEndpoint
from hand_recon_ros.bus.wire import WireBus

DOMAIN = 1 + os.getpid() % 230
PEER = Path(__file__).with_name("wire_peer.py")
WAIT_S = 20.0


def settings(distribution: str = "jazzy") -> WireSettings:
    return WireSettings(DOMAIN, discovery_config("LOCALHOST"), distribution)


@contextmanager
def bus(name: str = "here", distribution: str = "jazzy", remaps: tuple[tuple[str, str], ...] = ()) -> Iterator[WireBus]:
    wire = WireBus(NodeName(name, "/near", remaps), settings(distribution))
    try:
        yield wire
    finally:
        wire.close()


@contextmanager
def spinning(*wires: WireBus) -> Iterator[None]:
    stop = threading.Event()
    threads = [threading.Thread(target=wire.spin, args=(stop,)) for wire in wires]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join(WAIT_S)
        assert not any(thread.is_alive() for thread in threads)


@contextmanager
def peer(distribution: str = "jazzy") -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, str(PEER), str(DOMAIN), distribution], stdin=subprocess.PIPE)
    try:
        yield process
    finally:
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(WAIT_S) == 0


@contextmanager
def logged() -> Iterator[queue.Queue[str]]:
    """What the package logs, as it comes."""
    lines: queue.Queue[str] = queue.Queue()
    handler = logging.Handler()
    handler.emit = lambda record: lines.put(handler.format(record))  # type: ignore[method-assign]
    logger = logging.getLogger("hand_recon_ros")
    logger.addHandler(handler)
    try:
        yield lines
    finally:
        logger.removeHandler(handler)


def wait_unmatched(endpoint: RawEndpoint) -> None:
    """Until nobody on the other side is left."""
    participant = endpoint.participant
    assert participant is not None
    waiter = WaitSet(participant)
    waiter.attach(endpoint)
    endpoint.set_status_mask(endpoint.matched_status)
    while endpoint.matched_count():
        assert waiter.wait(int(WAIT_S * 1e9))
        endpoint.take_status(endpoint.matched_status)
