"""The live node under load, end to end over DDS: from before encoding an image to after receiving its HandArray.

    python -m benchmarks.live [--seconds 60] [--minutes 10] [--out out/bench]

The node is a process of its own (CPU). Scenes: one camera at 640x480 and 30 Hz, one at 1280x720 and 30 Hz, four at
640x480 and 15 Hz in one node; then, with --minutes, memory over a longer run. Prints a table and writes live.json.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from functools import partial
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from benchmarks.pipeline import CAMERA, pictures
from hand_recon_ros.bus.camera_codec import CAMERA_INFO, encode_camera_info, info_of
from hand_recon_ros.bus.discovery import localhost_settings
from hand_recon_ros.bus.hand_codec import HAND_ARRAY, decode_hand_message
from hand_recon_ros.bus.image_codec import IMAGE, encode_image
from hand_recon_ros.bus.interface import NEWEST, RESULTS
from hand_recon_ros.bus.names import NodeName
from hand_recon_ros.bus.wire import WireBus
from hand_recon_ros.camera import scaled_camera

DOMAIN = 52 + os.getpid() % 50
START_S = 120.0
WARM_UP_S = 3.0


@dataclass(frozen=True)
class Scene:
    """What is played to the node: images of a size, so many a second, from each of some cameras."""

    name: str
    size: tuple[int, int]
    rate_hz: float
    cameras: tuple[str, ...] = ("",)


SCENES = (
    Scene("640x480 at 30 Hz", (640, 480), 30.0),
    Scene("1280x720 at 30 Hz", (1280, 720), 30.0),
    Scene("four cameras, 640x480 at 15 Hz", (640, 480), 15.0, ("north", "east", "south", "west")),
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


@dataclass(frozen=True)
class Report:
    """Figures of one scene; latency from before encoding to after receiving.

    Attributes:
        overhead_ms: median of the latency without the networks and the fit.
        drift_ms: median latency of the last fifth less that of the first.
        oldest_ms: the longest time that a camera's newest result was old.
        cpu_share: processor seconds of the node a second.
        memory_mb: resident memory at the start and at the end.
    """

    scene: str
    sent: int
    received: int
    rate_hz: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    overhead_ms: float
    drift_ms: float
    oldest_ms: float
    dropped: int
    hands: float
    cpu_share: float
    memory_mb: tuple[float, float]


@contextmanager
def node(scene: Scene) -> Iterator[subprocess.Popen[bytes]]:
    """The node as users start it."""
    cameras = f"cameras:=[{', '.join(scene.cameras)}]" if scene.cameras != ("",) else "cameras:=['']"
    command = [sys.executable, "-m", "hand_recon_ros.cli", "node", "--bus", "wire", "--ros-args"]
    parameters = ["-p", cameras, "-p", "max_hands:=1", "-p", "device:=cpu", "--log-level", "error"]
    environment = os.environ | {"ROS_DOMAIN_ID": str(DOMAIN), "ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST"}
    with subprocess.Popen([*command, *parameters], env=environment) as process:
        try:
            yield process
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(10)


def play(scene: Scene, seconds: float) -> Report:
    """Play a scene to a node of its own and measure."""
    frames = cut_to(pictures(1), scene.size)
    results: list[Result] = []
    sent: list[float] = []
    bus = WireBus(NodeName("bench"), localhost_settings(DOMAIN))
    stop = threading.Event()
    try:
        with node(scene) as process:
            listen(bus, scene, results)
            receiver = threading.Thread(target=bus.spin, args=(stop,))
            receiver.start()
            publish(bus, scene, frames, WARM_UP_S, [])
            results.clear()
            before, started = usage(process.pid), time.monotonic()
            publish(bus, scene, frames, seconds, sent)
            after, elapsed = usage(process.pid), time.monotonic() - started
    finally:
        stop.set()
        receiver.join()
        bus.close()
    return summary(scene, sent, results, (before, after), elapsed)


def publish(bus: WireBus, scene: Scene, frames: npt.NDArray[np.uint8], seconds: float, sent: list[float]) -> None:
    """Images at their rate from all cameras, evenly spread over the period."""
    height, width = frames.shape[1:3]
    whole = scaled_camera(CAMERA, width, CAMERA.height * width // CAMERA.width)
    camera = replace(whole, height=height, cy=whole.cy - (whole.height - height) // 2)
    topics = [f"{name}/" if name else "" for name in scene.cameras]
    infos = [bus.publisher(f"{topic}camera_info", CAMERA_INFO, RESULTS) for topic in topics]
    images = [bus.publisher(f"{topic}image", IMAGE, NEWEST) for topic in topics]
    for info, image, name in zip(infos, images, scene.cameras, strict=True):
        if not (image.wait_for_subscriptions(1, START_S) and info.wait_for_subscriptions(1, START_S)):
            raise RuntimeError("the node did not subscribe; start it by hand to see why")
        info.publish(encode_camera_info(info_of(camera, 0, name or "camera")))
    period, started = 1 / (scene.rate_hz * len(images)), time.monotonic()
    for count in range(int(seconds / period)):
        time.sleep(max(0.0, started + count * period - time.monotonic()))
        turn, frame = count % len(images), frames[count // len(images) % len(frames)]
        sent.append(time.monotonic())
        images[turn].publish(encode_image(time.monotonic_ns(), scene.cameras[turn] or "camera", frame))
    for end in (*infos, *images):
        end.close()


def listen(bus: WireBus, scene: Scene, results: list[Result]) -> None:
    """Collect the results of every camera."""

    def receive(camera: str, cdr: memoryview) -> None:
        received = time.monotonic()
        message = decode_hand_message(cdr)
        stamp = message.header.stamp
        stages = tuple(float(value) for value in message.latency_ms)
        sent = stamp.sec + stamp.nanosec * 1e-9
        results.append(Result(camera, sent, received, stages, message.dropped, len(message.hands)))

    for name in scene.cameras:
        topic = f"/hand_recon/{name}/hands" if name else "/hand_recon/hands"
        bus.subscribe(topic, HAND_ARRAY, RESULTS, partial(receive, name))


def summary(
    scene: Scene, sent: list[float], results: list[Result], usages: tuple[tuple[float, float], ...], elapsed: float
) -> Report:
    """The figures of a run."""
    latency = np.array([result.received_s - result.sent_s for result in results]) * 1e3
    networks = np.array([sum(result.stages_ms[1:3]) for result in results])
    fifth = max(1, len(latency) // 5)
    by_camera = [[result for result in results if result.camera == name] for name in scene.cameras]
    oldest = max(b.received_s - a.sent_s for camera in by_camera for a, b in pairwise(camera))
    p50, p95, p99 = np.percentile(latency, [50, 95, 99]).round(1).tolist()
    (cpu_before, memory_before), (cpu_after, memory_after) = usages
    return Report(
        scene.name,
        len(sent),
        len(results),
        round(len(results) / elapsed / len(scene.cameras), 1),
        p50,
        p95,
        p99,
        round(float(np.median(latency - networks)), 2),
        round(float(np.median(latency[-fifth:]) - np.median(latency[:fifth])), 2),
        round(oldest * 1e3, 0),
        sum(camera[-1].dropped - camera[0].dropped for camera in by_camera),
        round(float(np.mean([result.hands for result in results])), 3),
        round((cpu_after - cpu_before) / elapsed, 2),
        (round(memory_before, 0), round(memory_after, 0)),
    )


def cut_to(frames: npt.NDArray[np.uint8], size: tuple[int, int]) -> npt.NDArray[np.uint8]:
    """The middle rows of frames (T, H, W, 3) scaled to another width."""
    width, height = size
    whole = width, frames.shape[1] * width // frames.shape[2]
    top = (whole[1] - height) // 2
    return np.stack([cv2.resize(frame, whole)[top : top + height] for frame in frames])


def usage(pid: int) -> tuple[float, float]:
    """Processor seconds that a process has used, and its resident memory in MiB."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    ticks = int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK"), pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def main() -> None:
    """Play every scene and report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--minutes", type=float, default=0.0, help="of a further run for the memory")
    parser.add_argument("--out", type=Path, default=Path("out/bench"))
    arguments = parser.parse_args()
    runs = [(scene, arguments.seconds) for scene in SCENES]
    if arguments.minutes:
        runs.append((SCENES[0], 60 * arguments.minutes))
    reports = []
    for scene, seconds in runs:
        reports.append(play(scene, seconds))
        print(reports[-1], flush=True)
    arguments.out.mkdir(parents=True, exist_ok=True)
    (arguments.out / "live.json").write_text(json.dumps([asdict(report) for report in reports], indent=1) + "\n")


if __name__ == "__main__":
    main()
