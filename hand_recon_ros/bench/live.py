"""The live node under load, end to end over DDS: from before encoding an image to after receiving its HandArray.

The node is a process of its own (CPU), as users start it.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np

from hand_recon_ros.bench.listener import private_domain
from hand_recon_ros.bench.report import Part, Row, Table
from hand_recon_ros.bench.scenes import VGA, cut_to, few_hands, focal_camera
from hand_recon_ros.bus.camera_codec import CAMERA_INFO, encode_camera_info, info_of
from hand_recon_ros.bus.discovery import localhost_settings
from hand_recon_ros.bus.hand_codec import HAND_ARRAY, decode_hand_message
from hand_recon_ros.bus.image_codec import IMAGE, encode_image
from hand_recon_ros.bus.interface import NEWEST, RESULTS
from hand_recon_ros.bus.names import NodeName
from hand_recon_ros.bus.wire import WireBus
from hand_recon_ros.bus.wire_endpoints import WirePublisher
from hand_recon_ros.types import ByteImage

START_S, POLL_S, WARM_UP_S, STOP_S = 120.0, 0.2, 3.0, 10.0
FRAMES = 30
P95_AIM_MS, OVERHEAD_AIM_MS, MEMORY_AIM_MIB = 33.0, 3.0, 350.0


@dataclass(frozen=True)
class Scene:
    """What is played to the node: images of a size, so many a second, with so many hands, from each of some cameras."""

    name: str
    size: tuple[int, int]
    rate_hz: float
    cameras: tuple[str, ...] = ("",)
    hands: int = 1


SCENES = (
    Scene("640x480 at 30 Hz, one hand", VGA, 30.0),
    Scene("the same, two hands", VGA, 30.0, hands=2),
    Scene("the same, no hand", VGA, 30.0, hands=0),
    Scene("1280x720 at 30 Hz, one hand", (1280, 720), 30.0),
    Scene("four cameras, 640x480 at 15 Hz, one hand each, one node", VGA, 15.0, ("north", "east", "south", "west")),
)
COLUMNS = (
    *("scene", "results/s of a camera", "p50 ms", "p95 ms", "p99 ms", "overhead ms", "drift ms", "oldest result ms"),
    *("sent", "dropped", "hands a frame", "cores used", "MiB at the start", "MiB at the end"),
)
TITLE = (
    "Milliseconds from before encoding an image in one process to after receiving its HandArray there, on all cores, "
    "the node in a process of its own. `overhead` is the median of that time without networks and fit; `drift` is the "
    "median of the last fifth less that of the first; `oldest result` is the longest time between two results of a "
    "camera."
)


@dataclass(frozen=True)
class Result:
    """A received HandArray: when its image was sent and it came, seconds, and what the node says of its stages."""

    camera: str
    sent_s: float
    received_s: float
    stages_ms: tuple[float, ...]
    dropped: int
    hands: int


def live(seconds: float, scenes: tuple[Scene, ...] = SCENES) -> Part:
    """Play every scene to a node of its own."""
    rows = tuple(play(scene, seconds) for scene in scenes)
    p95, overhead, memory = (rows[0][COLUMNS.index(name)] for name in ("p95 ms", "overhead ms", "MiB at the end"))
    aims = (("p95 ms", p95, P95_AIM_MS), ("overhead ms", overhead, OVERHEAD_AIM_MS), ("MiB", memory, MEMORY_AIM_MIB))
    verdicts = [(name, value, aim, "kept" if float(value or 0) <= aim else "missed") for name, value, aim in aims]
    tables = (
        Table(f"{TITLE} {seconds:g} s a scene.", COLUMNS, rows),
        Table(f"Aims: {SCENES[0].name}.", ("", "measured", "aim", ""), tuple(verdicts)),
    )
    return Part("the live node", tables)


@contextmanager
def open_bus() -> Iterator[WireBus]:
    """A bus on a private domain of this computer."""
    bus = WireBus(NodeName("bench"), localhost_settings(private_domain()))
    try:
        yield bus
    finally:
        bus.close()


@contextmanager
def node(scene: Scene) -> Iterator[subprocess.Popen[bytes]]:
    """The node as users start it, on the same domain."""
    cameras = f"cameras:=[{', '.join(scene.cameras)}]" if scene.cameras != ("",) else "cameras:=['']"
    command = [sys.executable, "-m", "hand_recon_ros.cli", "node", "--bus", "wire", "--ros-args"]
    parameters = ["-p", cameras, "-p", f"max_hands:={max(1, scene.hands)}", "-p", "device:=cpu", "--log-level", "error"]
    environment = os.environ | {"ROS_DOMAIN_ID": str(private_domain()), "ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST"}
    with subprocess.Popen([*command, *parameters], env=environment) as process:
        try:
            yield process
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()


def play(scene: Scene, seconds: float) -> Row:
    """Play a scene and measure: a row of the table."""
    frames = cut_to(few_hands(scene.hands, FRAMES), *scene.size)
    results: list[Result] = []
    stop = threading.Event()
    with open_bus() as bus, node(scene) as process:
        listen(bus, scene, lambda camera, cdr: results.append(decode_result(camera, cdr)))
        receiver = threading.Thread(target=bus.spin, args=(stop,))
        receiver.start()
        try:
            publish(bus, scene, frames, WARM_UP_S, process)
            results.clear()
            before, started = usage(process.pid), time.monotonic()
            sent = publish(bus, scene, frames, seconds, process)
            after, elapsed = usage(process.pid), time.monotonic() - started
        finally:
            stop.set()
            receiver.join()
    return summary(scene, sent, results, (before, after), elapsed)


def publish(
    bus: WireBus,
    scene: Scene,
    frames: ByteImage,
    seconds: float,
    process: subprocess.Popen[bytes],
    stop: threading.Event | None = None,
) -> int:
    """Images to the node's process at their rate from all cameras, evenly spread over the period; gives how many.

    Raises:
        RuntimeError: the node does not subscribe.
    """
    stop = stop or threading.Event()
    height, width = frames.shape[1:3]
    topics = [f"{name}/" if name else "" for name in scene.cameras]
    infos = [bus.publisher(f"{topic}camera_info", CAMERA_INFO, RESULTS) for topic in topics]
    images = [bus.publisher(f"{topic}image", IMAGE, NEWEST) for topic in topics]
    for info, image, name in zip(infos, images, scene.cameras, strict=True):
        await_node(image, process)
        await_node(info, process)
        info.publish(encode_camera_info(info_of(focal_camera(width, height), 0, name or "camera")))
    period, started, count = 1 / (scene.rate_hz * len(images)), time.monotonic(), 0
    while count < int(seconds / period) and not stop.wait(max(0.0, started + count * period - time.monotonic())):
        turn, frame = count % len(images), frames[count // len(images) % len(frames)]
        images[turn].publish(encode_image(time.monotonic_ns(), scene.cameras[turn] or "camera", frame))
        count += 1
    for end in (*infos, *images):
        end.close()
    return count


def await_node(publisher: WirePublisher, process: subprocess.Popen[bytes]) -> None:
    """Wait until the node has subscribed.

    Raises:
        RuntimeError: it has ended, or takes too long.
    """
    deadline = time.monotonic() + START_S
    while not publisher.wait_for_subscriptions(1, POLL_S):
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError("the node did not subscribe; run `hand-recon node` by hand to see why")


def listen(bus: WireBus, scene: Scene, on_result: Callable[[str, memoryview], None]) -> None:
    """Have on_result called with the camera's name and every HandArray of the node."""
    for name in scene.cameras:
        topic = f"/hand_recon/{name}/hands" if name else "/hand_recon/hands"
        bus.subscribe(topic, HAND_ARRAY, RESULTS, partial(on_result, name))


def decode_result(camera: str, cdr: memoryview) -> Result:
    """A HandArray that has just come."""
    received = time.monotonic()
    message = decode_hand_message(cdr)
    stamp = message.header.stamp
    stages = tuple(float(value) for value in message.latency_ms)
    return Result(camera, stamp.sec + stamp.nanosec * 1e-9, received, stages, message.dropped, len(message.hands))


def summary(
    scene: Scene, sent: int, results: list[Result], usages: tuple[tuple[float, float], ...], elapsed: float
) -> Row:
    """The figures of a run.

    Raises:
        RuntimeError: a camera without two results.
    """
    by_camera = [[result for result in results if result.camera == name] for name in scene.cameras]
    if min(map(len, by_camera)) < 2:
        raise RuntimeError(f"{scene.name}: the node gave {len(results)} results; run `hand-recon node` by hand")
    latency = np.array([result.received_s - result.sent_s for result in results]) * 1e3
    networks = np.array([sum(result.stages_ms[1:3]) for result in results])
    fifth = max(1, len(latency) // 5)
    (cpu_before, memory_before), (cpu_after, memory_after) = usages
    return (
        scene.name,
        len(results) / elapsed / len(scene.cameras),
        *np.percentile(latency, [50, 95, 99]).tolist(),
        float(np.median(latency - networks)),
        float(np.median(latency[-fifth:]) - np.median(latency[:fifth])),
        1e3 * max(b.received_s - a.received_s for camera in by_camera for a, b in pairwise(camera)),
        sent,
        sum(camera[-1].dropped - camera[0].dropped for camera in by_camera),
        float(np.mean([result.hands for result in results])),
        (cpu_after - cpu_before) / elapsed,
        memory_before,
        memory_after,
    )


def usage(pid: int) -> tuple[float, float]:
    """Processor seconds that a process has used, and its resident memory in MiB; Linux only."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    ticks = int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK"), pages * os.sysconf("SC_PAGE_SIZE") / 2**20
