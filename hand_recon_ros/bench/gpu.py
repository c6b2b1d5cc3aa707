"""The path that stays on a CUDA device: pictures in host memory to hands in host memory, and its stages by events.

No machine with a CUDA device was at hand when this was written: its tests run it on a CPU.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

import numpy as np

from hand_recon_ros.bench.frame_cost import PERIOD_NS
from hand_recon_ros.bench.isolation import isolated
from hand_recon_ros.bench.report import Cell, Part, Row, Table
from hand_recon_ros.bench.scenes import SIZES, cut_to, few_hands, focal_camera
from hand_recon_ros.pipeline import HandRig, Settings
from hand_recon_ros.pipeline.recipes import Recipe, find_recipe
from hand_recon_ros.runtime.device import cuda_device_count
from hand_recon_ros.types import Frame

if TYPE_CHECKING:
    from hand_recon_ros.device.reconstructor import DeviceFit
    from hand_recon_ros.pipeline.finding import HandFinder

FRAMES = 30
PRECISIONS = ("float32", "float16")
STAGE_HANDS = (1, 2, 16)
StageTimes = dict[int, dict[str, float]]
"""Milliseconds by batch size and stage."""
REPEATS = 50
"""Runs of a stage between two events."""


@dataclass(frozen=True)
class Scene:
    """Cameras that show so many tracked hands each.

    Attributes:
        most_median_ms, most_p95_ms, least_rate: aims on an H200; camera frames a second.
    """

    size: str
    cameras: int
    hands: int
    most_median_ms: float | None = None
    most_p95_ms: float | None = None
    least_rate: float | None = None

    @property
    def name(self) -> str:
        """The scene for people."""
        return f"{self.cameras} x {self.size}, {self.hands} hand{'s' * (self.hands > 1)} each"


SCENES = (
    Scene("VGA", 1, 1),
    Scene("VGA", 1, 2),
    Scene("1080p", 1, 1),
    Scene("1080p", 1, 2, most_median_ms=2.5, most_p95_ms=4.0),
    Scene("VGA", 8, 2, least_rate=240),
    Scene("1080p", 8, 2, least_rate=240),
)
FRAME_TITLE = (
    "Milliseconds from pictures in host memory to meshes in host memory, tracked hands, all cameras in one call; "
    "camera frames a second are those of the median. Aims are for an H200."
)
STAGE_TITLE = "Milliseconds of each stage on the device, one CUDA graph each, by events around many replays."


def gpu(rounds: int) -> Part:
    """Every scene in every precision, and the stages.

    Raises:
        RuntimeError: there is no CUDA device.
    """
    if not cuda_device_count():
        raise RuntimeError("there is no CUDA device here; run it where nvidia-smi lists one")
    frames = [
        frame_row(scene, precision, isolated(None, frame_times, scene, "cuda", precision, rounds))
        for scene in SCENES
        for precision in PRECISIONS
    ]
    stages = {precision: isolated(None, stage_times, "cuda", precision, STAGE_HANDS) for precision in PRECISIONS}
    columns = ("cameras", "precision", "median", "p95", "camera frames/s", "aims")
    return Part("GPU", (Table(FRAME_TITLE, columns, tuple(frames)), stage_table(stages)))


def loaded(device: str, precision: str, settings: Settings) -> tuple[HandFinder, DeviceFit]:
    """The default model on the device path; "cpu" is for tests."""
    from hand_recon_ros.device.loading import load_on_device

    recipe = find_recipe("default")
    assert isinstance(recipe, Recipe)
    return load_on_device(recipe, settings, device, precision)


def frame_times(scene: Scene, device: str, precision: str, rounds: int, frames: int = FRAMES) -> list[float]:
    """Milliseconds of each call, but for those of a first round.

    Raises:
        RuntimeError: not all hands were found.
    """
    settings, stamps, found, times = Settings(tracking=True, max_hands=scene.hands), count(0, PERIOD_NS), 0, []
    rig = HandRig(*loaded(device, precision, settings), settings)
    pictures = cut_to(few_hands(scene.hands, frames), *SIZES[scene.size])
    camera = focal_camera(*SIZES[scene.size])
    for _ in range(rounds + 1):
        for rgb in (*pictures, *pictures[-2:0:-1]):
            stamp_ns = next(stamps)
            shown = {str(k): Frame(rgb, stamp_ns, "", camera) for k in range(scene.cameras)}
            started = time.perf_counter()
            found = sum(len(of_one.hands) for of_one in rig(shown).values())
            times.append(1e3 * (time.perf_counter() - started))
    if found != scene.cameras * scene.hands:
        raise RuntimeError(f"expected {scene.cameras * scene.hands} hands to measure, found {found}; report this")
    return times[len(times) // (rounds + 1) :]


def frame_row(scene: Scene, precision: str, times: list[float]) -> Row:
    """A scene's row, with its aims kept or missed."""
    median, p95 = float(np.median(times)), float(np.percentile(times, 95))
    rate = 1e3 * scene.cameras / median
    aims = (
        ("median", scene.most_median_ms, median, 1),
        ("p95", scene.most_p95_ms, p95, 1),
        ("frames/s", scene.least_rate, rate, -1),
    )
    verdict: Cell = "; ".join(
        f"{name} {aim:g} {'kept' if sign * found <= sign * aim else 'missed'}"
        for name, aim, found, sign in aims
        if aim is not None
    )
    return (scene.name, precision, median, p95, rate, verdict or None)


def stage_times(
    device: str, precision: str, sizes: tuple[int, ...], repeats: int = REPEATS
) -> dict[int, dict[str, float]]:
    """Milliseconds of each stage in batches of these sizes, over whatever their memory holds."""
    import torch

    _, fit = loaded(device, precision, Settings(max_hands=1))
    with torch.inference_mode():
        return {
            size: {name: replay_ms(run, repeats, device) for name, run in fit.work.stages(size).items()}
            for size in sizes
        }


def replay_ms(run: Callable[[], None], repeats: int, device: str) -> float:
    """Milliseconds of one run out of many in a row; on CUDA by events, so that launching is hidden."""
    import torch

    run()
    if device != "cuda":
        started = time.perf_counter()
        for _ in range(repeats):
            run()
        return 1e3 * (time.perf_counter() - started) / repeats
    first, last = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    first.record()
    for _ in range(repeats):
        run()
    last.record()
    last.synchronize()
    return float(first.elapsed_time(last)) / repeats


def stage_table(stages: dict[str, StageTimes]) -> Table:
    """Stages by precision and batch size."""
    places = [(precision, size) for precision, of_one in stages.items() for size in of_one]
    names = next(iter(next(iter(stages.values())).values()))
    rows: tuple[Row, ...] = tuple((name, *(stages[p][size][name] for p, size in places)) for name in names)
    return Table(STAGE_TITLE, ("stage", *(f"{p}, batch {size}" for p, size in places)), rows)
