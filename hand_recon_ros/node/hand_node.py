"""The node's logic over any bus: images of its cameras in, hands out."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Protocol

from hand_recon_ros.bus.interface import Bus
from hand_recon_ros.bus.scoped_bus import ScopedBus
from hand_recon_ros.node.camera_stream import Arrival, CameraStream
from hand_recon_ros.node.parameters import NodeParameters
from hand_recon_ros.types import Frame, HandFrame


class Pipeline(Protocol):
    """What reconstructs hands; `hand_recon_ros.pipeline.HandRig` does."""

    @property
    def description(self) -> Mapping[str, str]:
        """What runs, and where, for people."""
        ...

    def __call__(self, frames: Mapping[str, Frame]) -> Mapping[str, HandFrame]:
        """Hands of one picture of each of some cameras."""
        ...

    def reset(self, camera: str) -> None:
        """Forget a camera's tracks."""


class HandNode:
    """Turns the images of one or several cameras into published hands.

    Offline each image is processed as it arrives:
        node.open(lambda camera, arrival: node.process(pipeline, {camera: arrival}))
    Live, they wait in a mailbox for a worker thread, which calls `process`.

    Args:
        bus: where the topics are.
        parameters: may be replaced at any time; live ones take effect with the next image.
    """

    def __init__(self, bus: Bus, parameters: NodeParameters):
        self.parameters = parameters
        self.streams: dict[str, CameraStream] = {}
        self._buses = {camera: ScopedBus(bus, camera) for camera in parameters.cameras}
        self._forget = threading.Event()
        try:
            for camera, scoped in self._buses.items():
                self.streams[camera] = CameraStream(scoped, parameters, camera)
        except BaseException:
            self.dispose()
            raise

    def open(self, on_arrival: Callable[[str, Arrival], bool]) -> None:
        """Subscribe to all cameras; on_arrival tells whether an image took the place of an unprocessed one."""
        for camera, stream in self.streams.items():
            stream.open(partial(on_arrival, camera))

    def close(self) -> None:
        """Unsubscribe from all cameras."""
        for stream in self.streams.values():
            stream.close()

    def clear(self) -> None:
        """Take away what displays may still show."""
        for stream in self.streams.values():
            stream.clear()

    def dispose(self) -> None:
        """Leave all topics."""
        self.close()
        for bus in self._buses.values():
            bus.close()

    def forget_tracks(self) -> None:
        """Treat all hands as new from the next image on."""
        self._forget.set()

    def process(self, pipeline: Pipeline, arrivals: Mapping[str, Arrival]) -> None:
        """Reconstruct images of some cameras together and publish the results.

        An image that fails is counted, logged and skipped: a stream must survive whatever a picture does to networks.
        """
        parameters, started = self.parameters, time.perf_counter()
        frames: dict[str, Frame] = {}
        for camera, arrival in arrivals.items():
            try:
                frames[camera] = self.streams[camera].decode(arrival, parameters)
            except Exception as error:
                self.streams[camera].skip(error)
        decode_ms = (time.perf_counter() - started) * 1e3
        self._forget_old_tracks(pipeline, frames)
        for camera, result in self._reconstruct(pipeline, frames).items():
            result = replace(result, timing=replace(result.timing, decode_ms=decode_ms))
            self.streams[camera].publish(arrivals[camera], frames[camera], result, parameters)

    def _forget_old_tracks(self, pipeline: Pipeline, frames: Mapping[str, Frame]) -> None:
        again = {camera for camera, frame in frames.items() if self.streams[camera].starts_again(frame)}
        if self._forget.is_set():
            self._forget.clear()
            again = set(self.streams)
        for camera in again:
            pipeline.reset(camera)

    def _reconstruct(self, pipeline: Pipeline, frames: Mapping[str, Frame]) -> Mapping[str, HandFrame]:
        if not frames:
            return {}
        try:
            return pipeline(frames)
        except Exception as error:
            if len(frames) == 1:
                self.streams[next(iter(frames))].skip(error)
                return {}
        # One bad picture must not cost the other cameras theirs.
        alone = [self._reconstruct(pipeline, {camera: frame}) for camera, frame in frames.items()]
        return {camera: result for results in alone for camera, result in results.items()}
