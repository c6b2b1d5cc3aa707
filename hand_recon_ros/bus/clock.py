"""Where a live bus takes its time from: the system, or `/clock` of a simulation or a recording that is played."""

from __future__ import annotations

import time

from hand_recon_ros.bus.cdr import CdrReader

CLOCK = "rosgraph_msgs/msg/Clock"
CLOCK_TOPIC = "/clock"


def system_time_ns() -> int:
    """Nanoseconds since 1970."""
    return time.time_ns()


class SimulatedTime:
    """The time of the last message on `/clock`; 0 before the first one, as in rclcpp and rclpy."""

    def __init__(self) -> None:
        self._now_ns = 0

    def __call__(self) -> int:
        """Nanoseconds."""
        return self._now_ns

    def receive(self, cdr: memoryview) -> None:
        """Take a rosgraph_msgs/Clock; ValueError when it is damaged."""
        seconds, nanoseconds = CdrReader(cdr).unpack("iI")
        self._now_ns = seconds * 1_000_000_000 + nanoseconds
