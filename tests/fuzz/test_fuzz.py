"""A hundred thousand damaged messages through every decoder of foreign bytes and through the node.

Nothing but ValueError comes out, no message makes memory grow with what it claims, and nothing is left behind.
"""

from __future__ import annotations

import gc
import os
import tracemalloc
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import seeds
from memory_bus import MemoryBus
from mutations import mutants
from seeds import HEIGHT, WIDTH

from hand_recon_ros.bus.camera_codec import camera_of, decode_camera_info
from hand_recon_ros.bus.compressed_codec import compressed_to_rgb, decode_compressed_image
from hand_recon_ros.bus.hand_decoder import decode_hand_array, decode_topology
from hand_recon_ros.bus.image_codec import decode_image, image_to_depth, image_to_rgb
from hand_recon_ros.bus.pose_codec import decode_pose_array
from hand_recon_ros.bus.throttle import ThrottledWarning
from hand_recon_ros.camera import assumed_camera
from hand_recon_ros.node import HandNode, NodeParameters
from hand_recon_ros.node.camera_stream import Arrival
from hand_recon_ros.types import Frame, HandFrame

LEAK = 4 << 20
"""Bytes that the process may have grown by after thousands of messages: the allocator's own, not one a message."""
SMALL = 1 << 20
"""Bytes that decoding a message of a few hundred bytes may take."""


def resident_bytes() -> int:
    """Memory of this process that is in use."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def read_image(message: bytes) -> None:
    image = decode_image(message)
    for reading in (image_to_rgb, image_to_depth):
        try:
            pixels = reading(image)
        except ValueError:
            continue
        assert pixels.shape[:2] == (image.height, image.width)
        pixels.sum()  # touches every byte of views into the message


def read_compressed(message: bytes) -> None:
    rgb = compressed_to_rgb(decode_compressed_image(message))
    assert rgb.dtype == np.uint8
    assert rgb.shape[2:] == (3,)


def read_camera_info(message: bytes) -> None:
    info = decode_camera_info(message)
    for rectified in (False, True):
        try:
            camera = camera_of(info, WIDTH, HEIGHT, rectified)
        except ValueError:
            continue
        assert camera is None or np.isfinite(camera.matrix).all()


def read_request(message: bytes) -> None:
    seeds.PARAMETER_CODEC.decode(message, seeds.PARAMETER_CODEC.request_type)


DECODERS: dict[str, tuple[Callable[[bytes], Any], Callable[[], list[bytes]], int]] = {
    "image": (read_image, seeds.images, 24_000),
    "compressed image": (read_compressed, seeds.compressed, 20_000),
    "camera_info": (read_camera_info, seeds.camera_infos, 14_000),
    "hand array": (lambda message: decode_hand_array(message, {}), seeds.hand_arrays, 6_000),
    "topology": (decode_topology, seeds.topologies, 6_000),
    "service call": (read_request, seeds.parameter_requests, 6_000),
    "poses": (decode_pose_array, seeds.pose_arrays, 6_000),
}


def refused(decode: Callable[[bytes], Any], messages: Sequence[bytes]) -> int:
    """How many messages end in a ValueError; any other exception is the test's."""
    count = 0
    for message in messages:
        try:
            decode(message)
        except ValueError:
            count += 1
    return count


@pytest.mark.filterwarnings("ignore:overflow")  # of numbers that only a damaged hand has
@pytest.mark.parametrize("kind", DECODERS)
def test_decoders_raise_nothing_but_value_errors(kind: str) -> None:
    decode, valid, count = DECODERS[kind]
    assert refused(decode, valid()) == 0
    bad = refused(decode, list(mutants(valid(), count, seed=1)))
    assert count // 20 < bad < count  # some damages hit pixels only


@pytest.mark.filterwarnings("ignore:overflow")  # of numbers that only a damaged hand has
@pytest.mark.parametrize("kind", DECODERS)
def test_decoding_takes_memory_for_what_a_message_holds_not_for_what_it_claims(kind: str) -> None:
    decode, valid, _ = DECODERS[kind]
    refused(decode, valid())  # what is cached stays
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        refused(decode, list(mutants(valid(), 600, seed=2)))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak - before < 600 * max(map(len, valid())) * 2 + SMALL


class Looker:
    """A pipeline that finds nothing, but reads all that it is given and insists on what a frame promises."""

    description: Mapping[str, str] = {}

    def __init__(self) -> None:
        self.seen = 0

    def __call__(self, frames: Mapping[str, Frame]) -> dict[str, HandFrame]:
        return {camera: self._look(frame) for camera, frame in frames.items()}

    def reset(self, camera: str) -> None:
        pass

    def _look(self, frame: Frame) -> HandFrame:
        height, width = frame.rgb.shape[:2]
        assert frame.rgb.dtype == np.uint8
        frame.rgb.sum()
        if frame.depth is not None:
            assert frame.depth.shape == (height, width)
            assert np.nanmin(frame.depth, initial=1.0) > 0
        self.seen += frame.camera is not None
        camera = frame.camera or assumed_camera(width, height)
        assert (camera.width, camera.height) == (width, height)
        return HandFrame((), camera, frame.stamp_ns, frame.frame_id)


class Warnings:
    """Collects unexpected errors, which the log would tell once in a while only."""

    def __init__(self) -> None:
        self.unexpected: list[BaseException] = []

    def note(self, message: str, error: BaseException | None = None) -> None:
        if error is not None:
            self.unexpected.append(error)


def fuzz_node(compressed: bool, count: int, seed: int, bus: MemoryBus) -> tuple[HandNode, Looker]:
    """Damaged and sound messages on all topics of a node, which processes each image as it comes."""
    node = HandNode(bus, NodeParameters(use_compressed=compressed, use_depth=True, depth_tolerance=1.0))
    pipeline = Looker()

    def process(camera: str, arrival: Arrival) -> bool:
        node.process(pipeline, {camera: arrival})
        return False

    node.open(process)
    pictures = seeds.compressed() if compressed else seeds.images()
    topic = "/image/compressed" if compressed else "/image"
    feeds = {"/camera_info": seeds.camera_infos(), "/depth": seeds.depths(), topic: pictures}
    streams = {name: mutants(valid, count // 3, seed) for name, valid in feeds.items()}
    for messages in zip(*streams.values(), strict=True):
        for (name, valid), message in zip(feeds.items(), messages, strict=True):
            bus.callbacks[name](memoryview(message))
            bus.callbacks[name](memoryview(valid[0]))
        for sent in bus.sent.values():
            sent.clear()
    return node, pipeline


@pytest.mark.parametrize("compressed", [False, True])
def test_the_node_survives_and_goes_on(monkeypatch: pytest.MonkeyPatch, compressed: bool) -> None:
    warnings, bus, count = Warnings(), MemoryBus(), 15_000
    monkeypatch.setattr(ThrottledWarning, "__call__", lambda _, *what: warnings.note(*what))
    node, pipeline = fuzz_node(compressed, count, 3, bus)
    stats = node.streams[""].stats()
    assert warnings.unexpected == []
    assert stats.received == stats.processed + stats.failed == 2 * (count // 3)
    assert count // 3 < stats.processed < stats.received  # every sound image has its result, some damaged have none
    assert pipeline.seen > count // 6


def growth() -> int:
    """Bytes by which this process grows while a node is fed."""

    def run(seed: int) -> int:
        for compressed in (False, True):
            fuzz_node(compressed, 1_500, seed, MemoryBus())
        gc.collect()
        return resident_bytes()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ThrottledWarning, "__call__", lambda _, *what: None)
        run(4)
        before = run(5)
        return [run(seed) for seed in (6, 7, 8)][-1] - before


def test_nothing_is_left_behind() -> None:
    """In a process of its own: in one that other tests have run in, memory that they gave back comes and goes."""
    with ProcessPoolExecutor(1, get_context("spawn")) as alone:
        assert alone.submit(growth).result() < LEAK
