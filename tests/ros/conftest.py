"""These tests need an installed ROS 2 with this package built by colcon, both sourced; without, they are skipped."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path += [str(Path(__file__).parents[1] / folder) for folder in ("bus", "node")]


@pytest.fixture(scope="session", autouse=True)
def ros() -> Iterator[None]:
    """A ROS 2 context in a domain of this process alone."""
    import rclpy
    from rclpy.signals import SignalHandlerOptions

    os.environ["ROS_DOMAIN_ID"] = str(1 + os.getpid() % 100)
    os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
    rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
    yield
    rclpy.shutdown()


@pytest.fixture
def peer() -> Iterator[Any]:
    """Another node, spun in a thread."""
    from peer import Peer

    other = Peer()
    yield other
    other.close()


@pytest.fixture
def stop() -> Iterator[threading.Event]:
    """Ends what a test started."""
    event = threading.Event()
    yield event
    event.set()
