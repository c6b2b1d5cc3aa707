"""Cost of the messages: encoding two hands, and publish-to-receive between two processes over loopback DDS.

    python benchmarks/wire.py [--count 200] [--rate 30]

Latency runs from before encoding in one process to after decoding in the other, on the monotonic clock.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import numpy as np

from hand_recon_ros.bus.hand_codec import Delivery, encode_hand_array
from hand_recon_ros.bus.marker_codec import encode_markers
from hand_recon_ros.types import CameraModel, Hand, HandFrame, Pose, Roi, ScaleSource, Side, Timing

VERTICES, FACES = 778, 1538


def two_hands() -> HandFrame:
    """Two hands of the size of the shipped model."""
    rng = np.random.default_rng(0)

    def array(*shape: int) -> np.ndarray:
        return rng.normal(size=shape).astype(np.float32)

    hands = [
        Hand(
            side,
            0.9,
            0.9,
            number,
            ScaleSource.METRIC,
            array(21, 3),
            array(21, 2),
            array(21),
            array(VERTICES, 3),
            rng.integers(0, VERTICES, (FACES, 3)).astype(np.int32),
            Pose(np.eye(3, dtype=np.float32), array(3)),
            Roi(0, 0, 100, 100),
            array(16, 3),
            array(10),
            "free",
        )
        for number, side in ((1, Side.LEFT), (2, Side.RIGHT))
    ]
    return HandFrame(tuple(hands), CameraModel(600, 600, 320, 240, 640, 480), 1, "camera", Timing())


def median_ms(function: Callable[[], object], repeats: int = 300) -> float:
    """Median wall time of one call."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        times.append((time.perf_counter() - start) * 1e3)
    return statistics.median(times)


def encoding() -> None:
    """Print the cost of encoding two hands."""
    frame = two_hands()
    shown = [(hand.track_id, hand) for hand in frame.hands]
    array = median_ms(lambda: encode_hand_array(frame, Delivery()))
    full = median_ms(lambda: encode_hand_array(frame, Delivery(), vertices=True))
    markers = median_ms(lambda: encode_markers(1, "camera", shown))
    print(f"encode two hands: HandArray {array:.3f} ms (with vertices {full:.3f} ms), MarkerArray {markers:.3f} ms")


if __name__ == "__main__":
    encoding()
