"""A picture in memory to a mesh in metres, beside MediaPipe's picture to points: one core, and all of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from hand_recon_ros import HandPipeline
from hand_recon_ros.bench.isolation import isolated, usable_cores
from hand_recon_ros.bench.peers import mediapipe
from hand_recon_ros.bench.report import Part, Row, Table
from hand_recon_ros.bench.scenes import VGA, clutter, few_hands, focal_camera
from hand_recon_ros.bench.timing import Lap, Sample, Series, in_turn, ratio, sample
from hand_recon_ros.runtime.device import cuda_device_count
from hand_recon_ros.types import ByteImage

FRAMES = 30
PERIOD_NS = 33_333_333
THEIRS = "MediaPipe"


@dataclass(frozen=True)
class Scene:
    """So many hands in view, and looked for.

    Attributes:
        aim: the most times MediaPipe's time that ours may take on one core.
        cluttered: an empty scene in which much resembles hands.
    """

    name: str
    hands: int
    wanted: int
    aim: float | None = None
    cluttered: bool = False

    def pictures(self) -> ByteImage:
        """The scene's frames (T, 480, 640, 3)."""
        return clutter(FRAMES) if self.cluttered else few_hands(self.hands, FRAMES)


SCENES = (
    Scene("one tracked hand", 1, 1, 0.9),
    Scene("two tracked hands", 2, 2, 0.9),
    Scene("one tracked hand, two looked for", 1, 2),
    Scene("no hand", 0, 1, 0.5),
    Scene("no hand, much clutter", 0, 1, cluttered=True),
)
COLUMNS = (
    *("cores", "scene", "device", "ms", "median", "p95", "CPU ms"),
    *("MediaPipe ms", "median", "p95", "CPU ms", "its hands", "ratio", "from", "to", "CPU ratio", "aim"),
)
TITLE = (
    "A 640x480 picture in memory to meshes in metres, and MediaPipe full's to points, in turn on the same pictures. "
    "`ms` is the median over rounds of a round's mean, since idle scenes are not looked at in every picture; `ratio` "
    "is ours over theirs, with the lowest and highest of all rounds, and `CPU ratio` that of the processor's time."
)


@dataclass(frozen=True)
class Measured:
    """What came of one scene: times by who took them, and how many hands MediaPipe found a frame."""

    times: dict[str, Series]
    found: float | None


def frame_cost(rounds: int, mediapipe_python: Path | None) -> Part:
    """Measure every scene on one core and on all."""
    rows = [
        row for cores in cores_to_try() for scene in SCENES for row in _rows(scene, cores, rounds, mediapipe_python)
    ]
    return Part("a frame", (Table(TITLE, COLUMNS, tuple(rows)),))


def cores_to_try() -> list[int]:
    """One core, and all of them where there are more."""
    return sorted({1, usable_cores()})


def _rows(scene: Scene, cores: int, rounds: int, python: Path | None) -> Iterator[Row]:
    measured = isolated(cores, measure, scene, rounds, python)
    theirs = measured.times.get(THEIRS)
    for device, ours in measured.times.items():
        if device != THEIRS:
            beside = _beside(ours, theirs, measured.found, scene.aim if cores == 1 and device == "cpu" else None)
            yield (cores, scene.name, device, ours.wall_ms, ours.median_ms, ours.p95_ms, ours.cpu_ms, *beside)


def _beside(ours: Series, theirs: Series | None, found: float | None, aim: float | None) -> Row:
    if theirs is None:
        return (None,) * 10
    compared = ratio(ours, theirs)
    verdict = None if aim is None else f"{aim} {'kept' if compared.median <= aim else 'missed'}"
    processor = ours.cpu_ms / theirs.cpu_ms
    return (theirs.wall_ms, theirs.median_ms, theirs.p95_ms, theirs.cpu_ms, found, *compared, processor, verdict)


def measure(scene: Scene, rounds: int, python: Path | None) -> Measured:
    """Ours on every device, and MediaPipe where its environment is given, in turn."""
    frames = scene.pictures()
    devices = ("cpu", "cuda") if cuda_device_count() else ("cpu",)
    laps = {device: _lap(device, scene.wanted, frames) for device in devices}
    with ExitStack() as stack:
        theirs = stack.enter_context(mediapipe(python, frames, scene.wanted)) if python else None
        if theirs:
            laps[THEIRS] = theirs.lap
        return Measured(in_turn(laps, rounds), theirs.hands_a_frame if theirs else None)


def _lap(device: str, wanted: int, frames: ByteImage) -> Lap:
    """A turn over the frames with a pipeline of its own; stamps go on from turn to turn, so that tracks live on."""
    pipeline = HandPipeline.create(device=device, tracking=True, max_hands=wanted)
    camera, stamps = focal_camera(*VGA), count(0, PERIOD_NS)

    def lap() -> list[Sample]:
        return [sample(lambda rgb=rgb: pipeline(rgb, camera=camera, stamp_ns=next(stamps))) for rgb in frames]  # type: ignore[misc]

    return lap
