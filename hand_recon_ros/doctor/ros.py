"""ROS 2, and how nodes find each other."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path

from hand_recon_ros.doctor.finding import Finding, Level

RECEIVE_BUFFER = Path("/proc/sys/net/core/rmem_max")
ENOUGH_BYTES = 8 << 20
"""Some frames of a large raw image; with less, best-effort images that come in many fragments get lost."""


def installation(environment: Mapping[str, str]) -> Iterator[Finding]:
    """Whether ROS 2 is sourced, and fits this Python."""
    distribution = environment.get("ROS_DISTRO")
    if not distribution:
        yield Finding("ROS 2", Level.NOTE, "not sourced; the node speaks DDS by itself")
        return
    rmw = environment.get("RMW_IMPLEMENTATION", "its default")
    if not find_spec("rclpy"):
        advice = (
            f"it was built for another Python than {platform.python_version()} ({sys.executable}): use the system's, "
            "or a virtual environment made with --system-site-packages"
        )
        yield Finding("ROS 2", Level.BAD, f"{distribution} is sourced, but rclpy cannot be imported", advice)
        return
    yield Finding("ROS 2", Level.GOOD, f"{distribution}, middleware: {rmw}")
    if not find_spec("hand_recon_ros.msg"):
        advice = "colcon build --packages-select hand_recon_ros, and source install/setup.bash; until then: --bus wire"
        yield Finding("messages", Level.BAD, "hand_recon_ros/msg is not built or not sourced", advice)


def discovery(environment: Mapping[str, str]) -> Iterator[Finding]:
    """Which other nodes this one can see."""
    from hand_recon_ros.bus.discovery import settings_from_environment

    try:
        settings = settings_from_environment(environment)
    except ValueError as error:
        yield Finding("discovery", Level.BAD, str(error))
        return
    reach = environment.get("ROS_AUTOMATIC_DISCOVERY_RANGE") or "SUBNET"
    local = environment.get("ROS_LOCALHOST_ONLY") == "1" or reach == "LOCALHOST"
    yield Finding(
        "discovery",
        Level.GOOD,
        f"domain {settings.domain_id}, {'this computer only' if local else reach.lower()}",
        "nodes on other computers are not seen: unset ROS_LOCALHOST_ONLY and ROS_AUTOMATIC_DISCOVERY_RANGE to see them"
        if local
        else "",
    )


def receive_buffer(setting: Path = RECEIVE_BUFFER) -> Iterator[Finding]:
    """How much of a large image the system keeps until the node reads it."""
    if not setting.exists():
        return
    size = int(setting.read_text(encoding="ascii"))
    enough = size >= ENOUGH_BYTES
    yield Finding(
        "receive buffer",
        Level.GOOD if enough else Level.NOTE,
        f"at most {size / 2**20:.1f} MiB",
        "" if enough else f"large raw images may get lost: sudo sysctl -w net.core.rmem_max={2 * ENOUGH_BYTES}",
    )
