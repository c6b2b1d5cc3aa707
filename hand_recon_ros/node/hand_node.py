"""The node's logic over any bus: images in, hands out."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, replace
from typing import Protocol

from hand_recon_ros.bus.camera_codec import CAMERA_INFO
from hand_recon_ros.bus.compressed_codec import COMPRESSED_IMAGE, compressed_to_rgb, decode_compressed_image
from hand_recon_ros.bus.hand_codec import Delivery
from hand_recon_ros.bus.image_codec import IMAGE, decode_image, image_to_rgb
from hand_recon_ros.bus.interface import NEWEST_IMAGE, SENSOR_DATA, Bus
from hand_recon_ros.bus.throttle import ThrottledWarning
from hand_recon_ros.node.inputs import CameraInfos, DepthImages
from hand_recon_ros.node.mailbox import Mailbox
from hand_recon_ros.node.outputs import HandOutputs
from hand_recon_ros.node.parameters import NodeParameters
from hand_recon_ros.types import ByteImage, CameraModel, FloatArray, HandFrame

logger = logging.getLogger(__name__)


class Pipeline(Protocol):
    """What reconstructs hands; `hand_recon_ros.pipeline.HandPipeline` does."""

    def __call__(
        self,
        rgb: ByteImage,
        camera: CameraModel | None = None,
        stamp_ns: int = 0,
        frame_id: str = "",
        depth: FloatArray | None = None,
    ) -> HandFrame:
        """Hands of one picture."""
        ...

    def reset(self) -> None:
        """Forget all tracks."""


def load_pipeline(parameters: NodeParameters, tracking: bool = True) -> Pipeline:
    """The pipeline that the parameters describe.

    Raises:
        ValueError: an unknown model.
        RuntimeError: the device is not there.
    """
    from hand_recon_ros.pipeline import HandPipeline, OneEuro

    return HandPipeline.create(
        model=parameters.model,
        device=parameters.device,
        tracking=tracking,
        max_hands=parameters.max_hands,
        min_score=parameters.min_score,
        smoothing=(
            OneEuro(parameters.smoothing_min_cutoff, parameters.smoothing_speed_gain) if parameters.smoothing else None
        ),
        fov_deg=parameters.fallback_fov_deg,
        threads=parameters.threads or None,
    )


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


class HandNode:
    """Subscribes to a camera and publishes the hands it sees.

    Without a mailbox each image is processed as it arrives. With one, images wait there for `work`, which runs in a
    thread of its own, and a newer image replaces one that still waits.

    Args:
        bus: where the topics are.
        pipeline: used by one thread only.
        parameters: may be replaced at any time; live ones take effect with the next image.
        mailbox: for live cameras.
    """

    def __init__(
        self, bus: Bus, pipeline: Pipeline, parameters: NodeParameters, mailbox: Mailbox[Arrival] | None = None
    ):
        self.parameters = parameters
        self.processed = 0
        self.failed = 0
        self._bus = bus
        self._pipeline = pipeline
        self._mailbox = mailbox
        self._compressed = parameters.use_compressed
        self._cameras, self._depths = CameraInfos(), DepthImages()
        self._last_stamp_ns: int | None = None
        self._bad_frame = ThrottledWarning(logger)
        self._outputs = HandOutputs(bus)
        self._subscribe()

    @property
    def dropped(self) -> int:
        """Images so far that a newer one replaced before they were processed."""
        return self._mailbox.dropped if self._mailbox else 0

    def work(self) -> None:
        """Process images from the mailbox until it is closed."""
        if self._mailbox is None:
            raise ValueError("a node without a mailbox processes images as they arrive; there is nothing to work off")
        while (arrival := self._mailbox.get()) is not None:
            self.process(arrival)

    def process(self, arrival: Arrival) -> None:
        """Reconstruct one image and publish the result; an image that fails is counted, logged and skipped."""
        try:
            frame = self._reconstruct(arrival)
        except ValueError as error:
            self.failed += 1
            self._bad_frame(f"image skipped: {error}")
            return
        except Exception as error:  # a stream must survive whatever one picture does to the networks
            self.failed += 1
            self._bad_frame("image skipped after an unexpected error", error)
            return
        total_ms = (time.perf_counter() - arrival.started) * 1e3
        frame = replace(frame, timing=replace(frame.timing, total_ms=total_ms))
        delivery = Delivery(arrival.received_ns, self._bus.now_ns(), self.processed, self.dropped)
        self._outputs.publish(frame, delivery, self.parameters)
        self.processed += 1

    def _subscribe(self) -> None:
        # The image comes last: it may arrive at once, and then everything else has to be there.
        info_topic = self._bus.sibling("image", "camera_info")
        self._bus.subscribe(info_topic, CAMERA_INFO, SENSOR_DATA, self._cameras.receive)
        if self.parameters.use_depth:
            self._bus.subscribe("depth", IMAGE, SENSOR_DATA, self._depths.receive)
        topic = self._bus.sibling("image", "image/compressed") if self._compressed else "image"
        self._bus.subscribe(topic, COMPRESSED_IMAGE if self._compressed else IMAGE, NEWEST_IMAGE, self._on_image)

    def _on_image(self, cdr: memoryview) -> None:
        arrival = Arrival(cdr, self._bus.now_ns(), time.perf_counter())
        if self._mailbox is None:
            self.process(arrival)
        else:
            self._mailbox.put(arrival)

    def _reconstruct(self, arrival: Arrival) -> HandFrame:
        started = time.perf_counter()
        rgb, stamp_ns, frame_id = self._decode(arrival.cdr)
        height, width = rgb.shape[:2]
        camera = self._cameras.camera(frame_id, width, height, self.parameters.image_is_rectified)
        depth = self._depths.depth(stamp_ns, frame_id, (height, width), self.parameters.depth_tolerance)
        self._forget_tracks_of_another_time(stamp_ns)
        decode_ms = (time.perf_counter() - started) * 1e3
        frame = self._pipeline(rgb, camera=camera, stamp_ns=stamp_ns, frame_id=frame_id, depth=depth)
        return replace(frame, timing=replace(frame.timing, decode_ms=decode_ms))

    def _decode(self, cdr: memoryview) -> tuple[ByteImage, int, str]:
        if self._compressed:
            compressed = decode_compressed_image(cdr)
            return compressed_to_rgb(compressed), compressed.stamp_ns, compressed.frame_id
        image = decode_image(cdr)
        return image_to_rgb(image), image.stamp_ns, image.frame_id

    def _forget_tracks_of_another_time(self, stamp_ns: int) -> None:
        """A recording that starts again shows other hands."""
        if self._last_stamp_ns is not None and stamp_ns < self._last_stamp_ns:
            self._pipeline.reset()
            self._outputs.reset()
        self._last_stamp_ns = stamp_ns
