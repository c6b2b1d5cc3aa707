"""Processes that a test starts."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager


@contextmanager
def running(command: Sequence[str], domain: int, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """A process in a DDS domain over loopback, its standard error readable, killed where the test leaves it running."""
    loopback = {"ROS_DOMAIN_ID": str(domain), "ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST"}
    inherited = {**os.environ, **loopback, **environment}
    with subprocess.Popen(command, env=inherited, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()
