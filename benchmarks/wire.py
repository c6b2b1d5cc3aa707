"""Cost of the messages: encoding two hands, and publish-to-receive between two processes over loopback DDS.

    python benchmarks/wire.py [--count 200] [--rate 30]

Latency runs from before encoding in one process to after decoding in the other, on the monotonic clock.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import statistics
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from hand_recon_ros.bus import RESULTS
from hand_recon_ros.bus.cdr import CdrReader, read_header
from hand_recon_ros.bus.discovery import localhost_settings
from hand_recon_ros.bus.hand_codec import Delivery, encode_hand_array
from hand_recon_ros.bus.image_codec import IMAGE, decode_image, encode_image, image_to_rgb
from hand_recon_ros.bus.marker_codec import MARKER_ARRAY, encode_markers
from hand_recon_ros.bus.names import NodeName
from hand_recon_ros.bus.wire import WireBus
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


PICTURE = np.random.default_rng(0).integers(0, 256, (480, 640, 3), dtype=np.uint8)
SHOWN = [(hand.track_id, hand) for hand in two_hands().hands]


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
    array = median_ms(lambda: encode_hand_array(frame, Delivery()))
    full = median_ms(lambda: encode_hand_array(frame, Delivery(), vertices=True))
    markers = median_ms(lambda: encode_markers(1, "camera", SHOWN))
    print(f"encode two hands: HandArray {array:.3f} ms (with vertices {full:.3f} ms), MarkerArray {markers:.3f} ms")
    both = median_ms(lambda: (encode_hand_array(frame, Delivery()), encode_markers(1, "camera", SHOWN)))
    print(f"encode two hands: HandArray and MarkerArray together {both:.3f} ms")


def picture_message(stamp_ns: int) -> bytearray:
    """A VGA image of noise."""
    return encode_image(stamp_ns, "camera", PICTURE)


def marker_message(stamp_ns: int) -> bytearray:
    """Two hands with mesh, skeleton and label."""
    return encode_markers(stamp_ns, "camera", SHOWN)


def picture_stamp(cdr: memoryview) -> int:
    """Stamp of an image, decoded to a picture as the node does."""
    image = decode_image(cdr)
    image_to_rgb(image)
    return image.stamp_ns


def marker_stamp(cdr: memoryview) -> int:
    """Stamp of the first marker."""
    reader = CdrReader(cdr)
    reader.unpack("I")
    stamp_ns, _ = read_header(reader)
    return stamp_ns


MESSAGES = {
    "Image 640x480": (IMAGE, picture_message, picture_stamp),
    "MarkerArray, two hands": (MARKER_ARRAY, marker_message, marker_stamp),
}


def receive(name: str, domain: int, count: int, results: Any) -> None:
    """In the other process: put the latency in milliseconds of each message into results."""
    ros_type, _, stamp_of = MESSAGES[name]
    stop = threading.Event()
    latencies: list[float] = []

    def on_message(cdr: memoryview) -> None:
        latencies.append((time.monotonic_ns() - stamp_of(cdr)) / 1e6)
        if len(latencies) == count:
            stop.set()

    bus = WireBus(NodeName("receiver"), localhost_settings(domain))
    bus.subscribe("bench", ros_type, RESULTS, on_message)
    bus.spin(stop)
    bus.close()
    results.put(latencies)


def transport(name: str, domain: int, count: int, rate_hz: float) -> None:
    """Print the latency from before encoding here to after decoding in another process."""
    ros_type, encode, _ = MESSAGES[name]
    context = multiprocessing.get_context("spawn")
    results = context.Queue()
    receiver = context.Process(target=receive, args=(name, domain, count, results))
    receiver.start()
    bus = WireBus(NodeName("sender"), localhost_settings(domain))
    publisher = bus.publisher("bench", ros_type, RESULTS)
    if not publisher.wait_for_subscriptions(1, 30):
        raise RuntimeError("the receiving process did not come up")
    spent = []
    while receiver.is_alive() and results.empty():
        started = time.monotonic_ns()
        publisher.publish(encode(started))
        spent.append((time.monotonic_ns() - started) / 1e6)
        time.sleep(max(0.0, 1 / rate_hz - spent[-1] / 1e3))
    latencies = results.get(timeout=30)
    receiver.join()
    bus.close()
    print(
        f"{name}: publish to receive median {statistics.median(latencies):.2f} ms, "
        f"p99 {np.percentile(latencies, 99):.2f} ms; encode and publish median {statistics.median(spent):.2f} ms"
    )


def main() -> None:
    """Run both parts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--rate", type=float, default=30.0)
    options = parser.parse_args()
    encoding()
    domain = 1 + os.getpid() % 230
    for name in MESSAGES:
        transport(name, domain, options.count, options.rate)


if __name__ == "__main__":
    main()
