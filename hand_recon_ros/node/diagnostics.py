"""`/diagnostics`: whether images come, results go, at which rate and age, and what runs.

The clock is the node's own, so that rates are right in simulated time too.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from hand_recon_ros.bus.diagnostics_codec import DIAGNOSTIC_ARRAY, Level, Status, encode_diagnostics
from hand_recon_ros.bus.interface import Bus, Qos
from hand_recon_ros.node.camera_stream import StreamStats
from hand_recon_ros.runtime.device import device_memory_mb

QOS = Qos(reliable=True, depth=1)
HIGH_DROP_SHARE = 0.5


class Diagnostics:
    """Publishes the state of the node's cameras and of its model each time it is told to."""

    def __init__(self, bus: Bus):
        self._bus = bus
        self._node = bus.resolve("~/diagnostics").rpartition("/")[0].lstrip("/")
        self._publisher = bus.publisher("/diagnostics", DIAGNOSTIC_ARRAY, QOS)
        self._before: Mapping[str, StreamStats] = {}
        self._before_ns = bus.now_ns()

    def publish(self, stats: Mapping[str, StreamStats], model: Mapping[str, str], active: bool) -> None:
        """Publish what happened since the last time.

        Args:
            stats: by camera; none before the node is configured.
            model: what runs, for people; empty when nothing is loaded.
            active: whether images are wanted.
        """
        now_ns = self._bus.now_ns()
        seconds = (now_ns - self._before_ns) * 1e-9
        statuses = [self._status("model", model_status(model))]
        for camera, now in stats.items():
            before = self._before.get(camera, StreamStats())
            prefix = f"{camera} " if camera else ""
            statuses += [
                self._status(f"{prefix}input", input_status(before, now, seconds, active)),
                self._status(f"{prefix}output", output_status(before, now, seconds)),
                self._status(f"{prefix}camera_info", camera_status(now)),
            ]
        self._before, self._before_ns = stats, now_ns
        self._publisher.publish(encode_diagnostics(now_ns, statuses))

    def _status(self, task: str, found: tuple[Level, str, Mapping[str, str]]) -> Status:
        level, message, values = found
        return Status(f"{self._node}: {task}", level, message, "hand_recon_ros", values)


def input_status(
    before: StreamStats, now: StreamStats, seconds: float, active: bool
) -> tuple[Level, str, dict[str, str]]:
    """Whether a camera's images come and can be read."""
    came, dropped = now.received - before.received, now.dropped - before.dropped
    failed = now.failed - before.failed
    values = {
        "rate_hz": _rate(came, seconds),
        "received": str(now.received),
        "dropped": str(now.dropped),
        "failed": str(now.failed),
        "publishers": str(now.publishers),
        "incompatible_qos": str(now.incompatible),
        "last_error": now.last_error,
    }
    if not active:
        return Level.OK, "not active", values
    if now.incompatible and not now.publishers:
        return Level.ERROR, "the publisher's quality of service does not match", values
    if not came:
        return Level.STALE, "no images" if now.publishers else "no publisher of images", values
    if failed:
        return Level.WARN, f"{failed} of {came} images could not be used: {now.last_error}", values
    if dropped > HIGH_DROP_SHARE * came:
        return Level.WARN, f"{dropped} of {came} images were replaced by newer ones before their turn", values
    return Level.OK, "images arrive", values


def output_status(before: StreamStats, now: StreamStats, seconds: float) -> tuple[Level, str, dict[str, str]]:
    """At which rate results go, how long they take, and how old the image is by then."""
    done = now.processed - before.processed
    p50, p95 = np.percentile(now.latencies_ms, [50, 95]) if now.latencies_ms else (math.nan, math.nan)
    values = {
        "rate_hz": _rate(done, seconds),
        "processed": str(now.processed),
        "latency_p50_ms": f"{p50:.1f}",
        "latency_p95_ms": f"{p95:.1f}",
        "stamp_age_s": f"{now.stamp_age_s:.3f}",
    }
    return (Level.OK, "results are published", values) if done else (Level.STALE, "no results", values)


def camera_status(now: StreamStats) -> tuple[Level, str, dict[str, str]]:
    """Whether the intrinsics of the newest image are known."""
    if now.camera_problem:
        return Level.WARN, now.camera_problem, {}
    return Level.OK, "intrinsics are known" if now.processed else "no image yet", {}


def model_status(model: Mapping[str, str]) -> tuple[Level, str, dict[str, str]]:
    """What runs, and the memory it takes."""
    memory = {"memory_mb": f"{resident_mb():.0f}", "device_memory_mb": f"{device_memory_mb():.0f}"}
    return Level.OK, "loaded" if model else "not loaded", {**model, **memory}


def resident_mb() -> float:
    """Memory of this process in MiB, 0 where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def _rate(count: int, seconds: float) -> str:
    """Events a second; a clock that stands still, as in a paused simulation, has none."""
    return f"{count / seconds:.1f}" if seconds > 0 else "0.0"
