"""One camera of the node: its topics in and out, what is known about it, and what became of its images."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeAlias

from hand_recon_ros.bus.camera_codec import CAMERA_INFO
from hand_recon_ros.bus.compressed_codec import COMPRESSED_IMAGE, compressed_to_rgb, decode_compressed_image
from hand_recon_ros.bus.hand_codec import Delivery
from hand_recon_ros.bus.image_codec import IMAGE, decode_image, image_to_rgb
from hand_recon_ros.bus.interface import NEWEST, SENSOR_DATA, Bus, Subscription
from hand_recon_ros.bus.throttle import ThrottledWarning
from hand_recon_ros.node.inputs import CameraInfos, DepthImages
from hand_recon_ros.node.outputs import HandOutputs
from hand_recon_ros.node.parameters import NodeParameters
from hand_recon_ros.types import ByteImage, Frame, HandFrame

logger = logging.getLogger(__name__)

RECENT = 256


@dataclass(frozen=True)
class Arrival:
    """An image message as it came.

    Attributes:
        received_ns: time of the bus.
        started: `time.perf_counter` at arrival, for the latency.
    """

    cdr: memoryview
    received_ns: int
    started: float


OnArrival: TypeAlias = Callable[[Arrival], bool]
"""Takes an image; tells whether it took the place of one that was not processed yet."""


@dataclass(frozen=True)
class StreamStats:
    """What became of a camera's images so far.

    Attributes:
        received: images that arrived.
        processed: images with a published result.
        failed: images that could not be read or reconstructed.
        dropped: images that a newer one replaced before they were processed.
        publishers: publishers on the image topic that match.
        incompatible: how often a publisher offered less than the quality of service that is asked for.
        latencies_ms: of the recent results, from arrival to publishing.
        stamp_age_s: time from exposure to publishing of the newest result by the node's clock, NaN without a result.
        camera_problem: why the intrinsics of the newest image are assumed; empty when they are known.
        last_error: why an image failed last; empty when none has.
    """

    received: int = 0
    processed: int = 0
    failed: int = 0
    dropped: int = 0
    publishers: int = 0
    incompatible: int = 0
    latencies_ms: tuple[float, ...] = ()
    stamp_age_s: float = float("nan")
    camera_problem: str = ""
    last_error: str = ""


class CameraStream:
    """Publishers live as long as the bus; the subscriptions only while the stream is open.

    Images are received by one thread, decoded and published by another one.

    Args:
        bus: with the camera's topics.
        parameters: at the start; live ones come along with each image.
        camera: name of the camera, empty for the only one.
    """

    def __init__(self, bus: Bus, parameters: NodeParameters, camera: str = ""):
        self._bus = bus
        self._compressed, self._use_depth = parameters.use_compressed, parameters.use_depth
        self._cameras, self._depths = CameraInfos(), DepthImages()
        self._outputs = HandOutputs(bus, parameters, camera)
        self._image: Subscription | None = None
        self._inputs: list[Subscription] = []
        self._last_stamp_ns: int | None = None
        self._bad_image = ThrottledWarning(logger)
        self._latencies: deque[float] = deque(maxlen=RECENT)
        self._counts = StreamStats()
        self._received = self._dropped = self._lost = 0

    @property
    def image_topic(self) -> str:
        """Absolute name of the topic that images come from."""
        return self._bus.sibling("image", "image/compressed") if self._compressed else self._bus.resolve("image")

    def open(self, on_arrival: OnArrival) -> None:
        """Subscribe to the camera."""

        def on_image(cdr: memoryview) -> None:
            self._received += 1
            self._dropped += on_arrival(Arrival(cdr, self._bus.now_ns(), time.perf_counter()))

        # The image comes last: it may arrive at once, and then everything else has to be there.
        info_topic = self._bus.sibling("image", "camera_info")
        self._inputs.append(self._bus.subscribe(info_topic, CAMERA_INFO, SENSOR_DATA, self._cameras.receive))
        if self._use_depth:
            self._inputs.append(self._bus.subscribe("depth", IMAGE, SENSOR_DATA, self._depths.receive))
        kind = COMPRESSED_IMAGE if self._compressed else IMAGE
        self._image = self._bus.subscribe(self.image_topic, kind, NEWEST, on_image)
        self._inputs.append(self._image)

    def close(self) -> None:
        """Unsubscribe from the camera."""
        self._lost += self._image.lost_count() if self._image else 0
        for subscription in self._inputs:
            subscription.close()
        self._image, self._inputs = None, []

    def clear(self) -> None:
        """Take away what displays may still show of it."""
        self._outputs.clear()

    def decode(self, arrival: Arrival, parameters: NodeParameters) -> Frame:
        """The picture of a message with what is known about it.

        Raises:
            ValueError: the message is damaged, or its encoding is not known.
        """
        rgb, stamp_ns, frame_id = self._picture(arrival.cdr)
        height, width = rgb.shape[:2]
        camera = self._cameras.camera(frame_id, width, height, parameters.image_is_rectified)
        depth = self._depths.depth(stamp_ns, frame_id, (height, width), parameters.depth_tolerance)
        return Frame(rgb, stamp_ns, frame_id, camera, depth)

    def starts_again(self, frame: Frame) -> bool:
        """Whether the stamps jumped back, as when a recording is played again: it shows other hands."""
        last, self._last_stamp_ns = self._last_stamp_ns, frame.stamp_ns
        again = last is not None and frame.stamp_ns < last
        if again:
            self._outputs.reset()
        return again

    def publish(self, arrival: Arrival, frame: Frame, result: HandFrame, parameters: NodeParameters) -> None:
        """Publish a result on all outputs."""
        total_ms = (time.perf_counter() - arrival.started) * 1e3
        result = replace(result, timing=replace(result.timing, total_ms=total_ms))
        now_ns = self._bus.now_ns()
        delivery = Delivery(arrival.received_ns, now_ns, self._counts.processed, self._dropped_so_far())
        self._latencies.append(total_ms)
        self._counts = replace(
            self._counts, processed=self._counts.processed + 1, stamp_age_s=(now_ns - frame.stamp_ns) * 1e-9
        )
        self._outputs.publish(frame, result, delivery, parameters)

    def skip(self, error: Exception) -> None:
        """Count and log an image that failed; with a traceback when nobody expects such an error."""
        self._counts = replace(self._counts, failed=self._counts.failed + 1, last_error=str(error) or repr(error))
        if isinstance(error, ValueError):
            self._bad_image(f"image skipped: {error}")
        else:
            self._bad_image("image skipped after an unexpected error", error)

    def stats(self) -> StreamStats:
        """What became of the images so far."""
        image = self._image
        return replace(
            self._counts,
            received=self._received,
            dropped=self._dropped_so_far(),
            publishers=image.publisher_count() if image else 0,
            incompatible=image.incompatible_count() if image else 0,
            latencies_ms=tuple(self._latencies),
            camera_problem=self._cameras.problem,
        )

    def _dropped_so_far(self) -> int:
        return self._dropped + self._lost + (self._image.lost_count() if self._image else 0)

    def _picture(self, cdr: memoryview) -> tuple[ByteImage, int, str]:
        if self._compressed:
            compressed = decode_compressed_image(cdr)
            return compressed_to_rgb(compressed), compressed.stamp_ns, compressed.frame_id
        image = decode_image(cdr)
        return image_to_rgb(image), image.stamp_ns, image.frame_id
