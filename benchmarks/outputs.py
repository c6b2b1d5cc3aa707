"""Cost of the node's outputs: processor time in ms a frame of two hands, each output by itself and all together.

    python benchmarks/outputs.py [--rounds 200]

The bus takes the bytes and drops them. `~/hands` is always published; of any other output it is told what it adds to
that, and the ratio to it. One core; topics of both sides count as one output.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable

import cv2
import numpy as np

from hand_recon_ros.bus.hand_codec import Delivery
from hand_recon_ros.bus.interface import Cdr, Qos
from hand_recon_ros.camera import project
from hand_recon_ros.node.outputs import HandOutputs
from hand_recon_ros.node.parameters import NodeParameters
from hand_recon_ros.types import CameraModel, Frame, Hand, HandFrame, Pose, Roi, ScaleSource, Side
from hand_recon_train.synthetic.poses import NAMED_POSES
from hand_recon_train.synthetic.scene import pose_hand

OUTPUTS = {
    "~/hands": ("~/hands",),
    "~/markers": ("~/markers",),
    "~/<side>/joints": ("~/left/joints", "~/right/joints"),
    "~/<side>/wrist": ("~/left/wrist", "~/right/wrist"),
    "~/<side>/joint_states": ("~/left/joint_states", "~/right/joint_states"),
    "~/<side>/pinch": ("~/left/pinch", "~/right/pinch"),
    "/tf": ("/tf",),
    "~/debug_image": ("~/debug_image",),
    "~/debug_image/compressed": ("~/debug_image/compressed",),
}
PICTURES = ("~/debug_image", "~/debug_image/compressed")
FINGERS_UP = np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])


class Sink:
    """A bus on which some topics have an audience and all messages are dropped."""

    def __init__(self) -> None:
        self.audience: set[str] = set()

    def publisher(self, topic: str, ros_type: str, qos: Qos) -> SinkPublisher:
        """A publisher that counts its topic's audience."""
        return SinkPublisher(self, topic)


class SinkPublisher:
    """One topic."""

    def __init__(self, bus: Sink, topic: str):
        self._bus, self._topic = bus, topic

    def publish(self, cdr: Cdr) -> None:
        """Drop the message."""

    def subscription_count(self) -> int:
        """One for topics with an audience."""
        return int(self._topic in self._bus.audience)


def seen_hand(side: Side, camera: CameraModel) -> Hand:
    """A hand of half a metre's distance beside the middle of the picture."""
    place = np.array([0.1 if side == Side.RIGHT else -0.1, 0.09, 0.5])
    posed = pose_hand(side, FINGERS_UP, place, NAMED_POSES["relaxed"])
    vertices, joints = posed.vertices.astype(np.float32), posed.joints.astype(np.float32)
    low = project(camera, vertices).min(axis=0).astype(int).tolist()
    high = project(camera, vertices).max(axis=0).astype(int).tolist()
    return Hand(
        side=side,
        side_score=0.9,
        score=0.9,
        track_id=int(side),
        scale_source=ScaleSource.METRIC,
        joints=joints,
        joints_2d=project(camera, joints),
        joint_scores=np.ones(21, np.float32),
        vertices=vertices,
        faces=posed.model.faces,
        wrist=Pose(np.eye(3, dtype=np.float32), joints[0]),
        roi=Roi(low[0], low[1], high[0] - low[0], high[1] - low[1]),
        model="free_hand",
    )


def publish_frames(outputs: HandOutputs, width: int, height: int) -> Callable[[], None]:
    """A function that publishes the next frame of a picture with two hands."""
    focal = 0.95 * width
    camera = CameraModel(focal, focal, (width - 1) / 2, (height - 1) / 2, width, height)
    hands = tuple(seen_hand(side, camera) for side in (Side.LEFT, Side.RIGHT))
    rgb = np.random.default_rng(0).integers(0, 256, (height // 8, width // 8, 3), dtype=np.uint8)
    picture = np.asarray(cv2.resize(rgb, (width, height)), np.uint8)
    parameters = NodeParameters(publish_tf=True)
    stamp_ns = 0

    def publish() -> None:
        nonlocal stamp_ns
        stamp_ns += 1
        result = HandFrame(hands, camera, stamp_ns, "camera")
        outputs.publish(Frame(picture, stamp_ns, "camera", camera), result, Delivery(), parameters)

    return publish


def measure(width: int, height: int, rounds: int) -> dict[str, float]:
    """Median milliseconds a frame for each audience, the audiences taking turns."""
    bus = Sink()
    publish = publish_frames(HandOutputs(bus, NodeParameters(publish_tf=True)), width, height)  # type: ignore[arg-type]
    every = {topic for topics in OUTPUTS.values() for topic in topics}
    audiences = {name: set(topics) for name, topics in OUTPUTS.items()}
    audiences |= {"all but pictures": every - set(PICTURES), "all": every}
    times: dict[str, list[float]] = {name: [] for name in audiences}
    for _ in range(rounds):
        for name, audience in audiences.items():
            bus.audience = audience
            publish()  # whatever ran before has filled the caches
            start = time.thread_time()
            publish()
            times[name].append((time.thread_time() - start) * 1e3)
    return {name: statistics.median(values) for name, values in times.items()}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=200)
    rounds = parser.parse_args().rounds
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    cv2.setNumThreads(1)
    for width, height in ((640, 480), (1280, 720)):
        medians = measure(width, height, rounds)
        always = medians.pop("~/hands")
        print(f"| {width}x{height}, two hands | ms | ratio to ~/hands |\n| --- | --- | --- |")
        print(f"| `~/hands` | {always:.2f} | 1 |")
        for name, total in medians.items():
            added = total if name.startswith("all") else max(0.0, total - always)
            print(f"| {name if name.startswith('all') else f'`{name}`'} | {added:.2f} | {added / always:.1f} |")
        print()


if __name__ == "__main__":
    main()
