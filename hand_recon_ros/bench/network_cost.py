"""One call of each network in everything that can run it here, in turn with plain PyTorch, and what bounds it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hand_recon_ros.bench.executors import PLAIN, Executor, executors, fetched
from hand_recon_ros.bench.frame_cost import cores_to_try
from hand_recon_ros.bench.isolation import isolated, usable_cores
from hand_recon_ros.bench.machine import matrix_gflops
from hand_recon_ros.bench.report import Part, Row, Table
from hand_recon_ros.bench.timing import Series, in_turn, ratio, repeated
from hand_recon_ros.hand_model import load_free_hand
from hand_recon_ros.networks import find_network, mesh_network_names, network_names
from hand_recon_ros.runtime.build import Build, built
from hand_recon_ros.runtime.device import cuda_device_count
from hand_recon_ros.types import ByteImage

SHIPPED = tuple(name for name in network_names() if find_network(name).weights)
ALLOWED = {
    "handoccnet": 3.6,
    "interacthand": 3.6,
    "eaa_interhand": 2.1,
    "youtubehand_resnet18": 0.53,
    "youtubehand_resnet50": 6.2,
    "youtubehand_hrnet": 14.5,
    "smhr_single": 4.0,
    "smhr_multi": 10.7,
}
"""Most times ResNet-50 (torchvision, 224 pixels, PyTorch) that a network may take for one picture on a CPU."""
KNOWN = "ResNet-50"
COLUMNS = (
    *("network", "batch", "cores", "run by", "ms", "p95", "CPU ms", "of plain PyTorch", "from", "to"),
    *("GFLOP", "GFLOP/s", "of a matrix product's"),
)
TITLE = (
    "Milliseconds of one call on random images, float32, everything in turn; how many times plain PyTorch's time that "
    "is, with the lowest and highest of all rounds; and the arithmetic done a second, beside what a product of "
    "matrices reaches on the same cores."
)


@dataclass(frozen=True)
class Measured:
    """What came of one network: times by what ran it, its arithmetic a call, and a matrix product's, both in GFLOP."""

    times: dict[str, Series]
    gflop: float
    peak_gflops: float


def network_cost(rounds: int, mediapipe: Path | None) -> Part:
    """The shipped networks on one core and on all."""
    jobs = [(name, 1, cores) for name in SHIPPED for cores in cores_to_try()]
    rows = [row for job in jobs for row in _rows(*job, isolated(job[2], measure, *job, rounds, mediapipe))]
    return Part("networks", (Table(titled(), COLUMNS, tuple(rows)),))


def zoo_cost(rounds: int, batches: Sequence[int]) -> Part:
    """The research networks on all cores, with random weights, beside ResNet-50."""
    rows: list[Row] = []
    cores = usable_cores()
    for name in mesh_network_names():
        for batch in batches:
            turns = rounds if batch == 1 else max(3, rounds // 3)
            found = isolated(None, measure, name, batch, cores, turns, None, known=True)
            rows += [(*row, *_allowed(name, batch, row, found)) for row in _rows(name, batch, cores, found)]
    return Part("research networks", (Table(titled(), (*COLUMNS, "of ResNet-50", "allowed"), tuple(rows)),))


def titled() -> str:
    """What the table says, and that it says nothing of CUDA where there is none."""
    return TITLE if cuda_device_count() else f"{TITLE} There was no CUDA device, so its rows are missing."


def _allowed(name: str, batch: int, row: Row, found: Measured) -> Row:
    """How many times ResNet-50's time a row is, and whether that is as promised; only the fastest has to keep it."""
    by = str(row[COLUMNS.index("run by")])
    share = ratio(found.times[by], found.times[KNOWN]).median
    most = ALLOWED.get(name) if batch == 1 and by == "OpenVINO" else None
    return share, None if most is None else f"{most} {'kept' if share <= most else 'missed'}"


def _rows(name: str, batch: int, cores: int, found: Measured) -> Iterator[Row]:
    for by, times in found.times.items():
        if by != KNOWN:
            compared = ratio(times, found.times[PLAIN])
            # On one core the processor's time is the clock's, less what other programs took.
            gflops = 1e3 * found.gflop / (times.cpu_ms if cores == 1 else times.wall_ms)
            beside = (*compared, found.gflop, gflops, gflops / found.peak_gflops)
            yield (name, batch, cores, by, times.wall_ms, times.p95_ms, times.cpu_ms, *beside)


def measure(name: str, batch: int, cores: int, rounds: int, mediapipe: Path | None, known: bool = False) -> Measured:
    """Time one network in everything, with so many threads; `known` adds ResNet-50."""
    build, images = build_of(name), random_images(name, batch)
    runs: dict[str, Executor] = executors(build, images, cores, mediapipe)
    if known:
        runs[KNOWN] = resnet50(batch)
    laps = {by: repeated(lambda run=run: run(images)) for by, run in runs.items()}  # type: ignore[misc]
    return Measured(in_turn(laps, rounds, warm_up=2), gflop(build, images), matrix_gflops())


def build_of(name: str) -> Build:
    """A shipped network, or a research network with random weights on the free hand."""
    if find_network(name).intake is None:
        return Build(name)
    return Build(name, load_free_hand(), random_weights=True)


def random_images(name: str, batch: int) -> ByteImage:
    """Images (B, H, W, 3) that a network takes."""
    side = find_network(name).input_size
    return np.random.default_rng(0).integers(0, 256, (batch, side, side, 3), np.uint8)


def gflop(build: Build, images: ByteImage) -> float:
    """Billions of additions and multiplications that one call needs, counted by PyTorch."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        built(build)(torch.from_numpy(images))
    return float(counter.get_total_flops()) / 1e9


def resnet50(batch: int) -> Executor:
    """ResNet-50 of torchvision on planes of 224 x 224, as a measure that machines share."""
    import torch
    import torchvision

    network, planes = torchvision.models.resnet50().eval(), torch.zeros(batch, 3, 224, 224)
    return fetched(lambda images: [network(planes)], "cpu")
