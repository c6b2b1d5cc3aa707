"""What the node's messages cost: each output of two hands by itself, and an image's way to another process."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from statistics import median

from hand_recon_ros import HandPipeline
from hand_recon_ros.bench.isolation import isolated
from hand_recon_ros.bench.report import Part, Row, Table
from hand_recon_ros.bench.scenes import cut_to, few_hands, focal_camera
from hand_recon_ros.bus.hand_codec import Delivery
from hand_recon_ros.bus.interface import Cdr, Qos
from hand_recon_ros.node.outputs import HandOutputs
from hand_recon_ros.node.parameters import NodeParameters
from hand_recon_ros.types import Frame

OUTPUTS = {
    "`~/hands`": ("~/hands",),
    "`~/markers`": ("~/markers",),
    "`~/<side>/joints`": ("~/left/joints", "~/right/joints"),
    "`~/<side>/wrist`": ("~/left/wrist", "~/right/wrist"),
    "`~/<side>/joint_states`": ("~/left/joint_states", "~/right/joint_states"),
    "`~/<side>/pinch`": ("~/left/pinch", "~/right/pinch"),
    "`/tf`": ("/tf",),
    "`~/debug_image`": ("~/debug_image",),
    "`~/debug_image/compressed`": ("~/debug_image/compressed",),
}
ALWAYS = "`~/hands`"
PICTURES = ("~/debug_image", "~/debug_image/compressed")
SIZES = ((640, 480), (1280, 720))
TITLE = (
    "Milliseconds of one core a frame of two hands: `~/hands`, which is always published, what each other output adds "
    "while somebody subscribes, and all of them together with it."
)


class Sink:
    """A bus on which some topics have an audience and all messages are dropped."""

    def __init__(self) -> None:
        self.audience: set[str] = set()

    def publisher(self, topic: str, ros_type: str, qos: Qos) -> SinkPublisher:
        """A publisher that counts its topic's audience."""
        return SinkPublisher(self, topic)


class SinkPublisher:
    """One topic."""

    def __init__(self, bus: Sink, topic: str) -> None:
        self._bus, self._topic = bus, topic

    def publish(self, cdr: Cdr) -> None:
        """Drop the message."""

    def subscription_count(self) -> int:
        """One for topics with an audience."""
        return int(self._topic in self._bus.audience)


def outputs(rounds: int) -> Part:
    """The cost of every output, for two sizes of pictures."""
    found = [isolated(1, measure, *size, rounds) for size in SIZES]
    rows: list[Row] = []
    for name in found[0]:
        together = name == ALWAYS or name.startswith("all")
        rows.append((name, *(max(0.0, times[name] - (0 if together else times[ALWAYS])) for times in found)))
    columns = ("output", *(f"{width}x{height}" for width, height in SIZES))
    return Part("outputs", (Table(TITLE, columns, tuple(rows)),))


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
    return {name: median(values) for name, values in times.items()}


def publish_frames(outputs: HandOutputs, width: int, height: int) -> Callable[[], None]:
    """A function that publishes the next frame of a picture with two hands."""
    camera, parameters = focal_camera(width, height), NodeParameters(publish_tf=True)
    picture = cut_to(few_hands(2, 1), width, height)[0]
    found = HandPipeline.create(device="cpu", tracking=True, max_hands=2)(picture, camera=camera)
    stamp_ns = 0

    def publish() -> None:
        nonlocal stamp_ns
        stamp_ns += 1
        result = replace(found, stamp_ns=stamp_ns, frame_id="camera")
        outputs.publish(Frame(picture, stamp_ns, "camera", camera), result, Delivery(), parameters)

    return publish
