"""A live view of a running node: what arrives on its `~/hands` topic."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from hand_recon_ros.bus.hand_codec import HAND_ARRAY, decode_hand_message
from hand_recon_ros.bus.interface import RESULTS, Bus
from hand_recon_ros.types import ScaleSource, Side

WINDOW = 120


@dataclass(frozen=True)
class SeenHand:
    """One hand of the newest message; distance of the wrist from the camera in metres."""

    track_id: int
    side: Side
    score: float
    distance_m: float
    scale_source: ScaleSource


@dataclass(frozen=True)
class Snapshot:
    """The state of a node over its last messages.

    Attributes:
        received: messages so far.
        rate_hz: rate of the recent messages by the publisher's clock, 0 with fewer than two.
        latency_ms: median of decode, detect, reconstruct, postprocess and total.
        dropped: images that the node replaced by newer ones.
        hands: of the newest message.
    """

    received: int = 0
    rate_hz: float = 0.0
    latency_ms: tuple[float, float, float, float, float] = (0.0, 0.0, 0.0, 0.0, 0.0)
    dropped: int = 0
    frame_id: str = ""
    hands: tuple[SeenHand, ...] = ()


class HandMonitor:
    """Listens to `~/hands` of a node; spin the bus in another thread, or use `watch_hands`."""

    def __init__(self, bus: Bus, topic: str = "/hand_recon/hands"):
        self._recent: deque[Any] = deque(maxlen=WINDOW)
        self._received = 0
        self.subscription = bus.subscribe(topic, HAND_ARRAY, RESULTS, self._receive)

    def snapshot(self) -> Snapshot:
        """What is known now."""
        recent = list(self._recent)
        if not recent:
            return Snapshot()
        newest = recent[-1]
        span_s = (_nanoseconds(newest.published) - _nanoseconds(recent[0].published)) / 1e9
        medians = [sorted(float(m.latency_ms[stage]) for m in recent)[len(recent) // 2] for stage in range(5)]
        return Snapshot(
            self._received,
            (len(recent) - 1) / span_s if span_s > 0 else 0.0,
            (medians[0], medians[1], medians[2], medians[3], medians[4]),
            newest.dropped,
            newest.header.frame_id,
            tuple(_seen(hand) for hand in newest.hands),
        )

    def _receive(self, cdr: memoryview) -> None:
        self._recent.append(decode_hand_message(cdr))
        self._received += 1


def watch_hands(
    bus: Bus, stop: threading.Event, topic: str = "/hand_recon/hands", period_s: float = 0.25
) -> Iterator[Snapshot]:
    """Snapshots of a node every period until stop is set; the bus is spun meanwhile, and left open."""
    monitor = HandMonitor(bus, topic)
    receiver = threading.Thread(target=bus.spin, args=(stop,), name="monitor", daemon=True)
    receiver.start()
    try:
        while not stop.wait(period_s):
            yield monitor.snapshot()
    finally:
        stop.set()
        receiver.join()


def _nanoseconds(time: Any) -> int:
    return time.sec * 1_000_000_000 + time.nanosec


def _seen(hand: Any) -> SeenHand:
    position = hand.wrist.pose.position
    distance = (position.x**2 + position.y**2 + position.z**2) ** 0.5
    return SeenHand(hand.track_id, Side(hand.side), hand.score, distance, ScaleSource(hand.scale_source))
