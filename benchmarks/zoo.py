"""Speed of every mesh network with random weights: PyTorch's eager float32 beside our engine, in the same run.

    python benchmarks/zoo.py [NETWORK...] [--threads 2] [--batches 1 8] [--rounds 9] [--device cpu] [--out FOLDER]

All take turns on the same picture, with torchvision's ResNet-50 at 224 pixels, so that a busy machine is busy for
all. Ratios to ResNet-50 let machines compare; the allowed ones are those that the project promises, for one picture.
Processor time, summed over threads, tells on a busy machine what wall time does not.
"""

from __future__ import annotations

import argparse
import gc
import json
import platform
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
import torchvision

from hand_recon_ros.hand_model import load_free_hand
from hand_recon_ros.networks import find_intake, live_network, mesh_network_names
from hand_recon_ros.runtime import load_engine

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
"""Most times ResNet-50 that a network may take for one picture on a CPU."""
WARM_UP = 2
PAUSE = 0.01
"""Seconds between calls, in which the other library's threads stop waiting for work."""
Run = Callable[[], object]


@dataclass(frozen=True)
class Times:
    """Median milliseconds of a call: by the clock, and of all threads together."""

    wall_ms: float
    cpu_ms: float


@dataclass(frozen=True)
class Row:
    """One network at one batch size; ratio is that of our wall time to ResNet-50's at the same batch size."""

    network: str
    batch: int
    engine: str
    precision: str
    eager: Times
    ours: Times
    resnet50: Times
    speedup: float
    ratio: float
    allowed: float | None


def measured(runs: dict[str, Run], rounds: int) -> dict[str, Times]:
    """Times of functions that are called in turn."""
    samples: dict[str, list[tuple[float, float]]] = {name: [] for name in runs}
    for _ in range(rounds + WARM_UP):
        for name, run in runs.items():
            time.sleep(PAUSE)
            wall, cpu = time.perf_counter(), time.process_time()
            run()
            samples[name].append((time.perf_counter() - wall, time.process_time() - cpu))
    return {
        name: Times(*(1e3 * statistics.median(column) for column in zip(*values[WARM_UP:], strict=True)))
        for name, values in samples.items()
    }


def eager(network: torch.nn.Module, images: torch.Tensor, device: str) -> Run:
    """A call of a network as PyTorch runs it by itself, with its outputs brought back."""
    network = network.to(device)

    @torch.inference_mode()
    def run() -> object:
        outputs = network(images.to(device))
        return [output.cpu() for output in outputs]

    return run


def resnet50(batch: int, device: str) -> Run:
    """ResNet-50 of torchvision on planes of 224 x 224."""
    return eager(torchvision.models.resnet50().eval(), torch.zeros(batch, 3, 224, 224), device)


def rows_of(name: str, options: argparse.Namespace) -> list[Row]:
    """Measure one network at every batch size."""
    hand, size = load_free_hand(), find_intake(name).size
    precision = "float16" if options.device == "cuda" else "float32"
    engine = load_engine(
        name, options.device, options.threads, precision, options.engine, hand_model=hand, random_weights=True
    )
    network = live_network(name, hand, random_weights=True)
    rows = []
    for batch in options.batches:
        images = np.random.default_rng(0).integers(0, 256, (batch, size, size, 3), np.uint8)
        runs: dict[str, Run] = {
            "eager": eager(network, torch.from_numpy(images), options.device),
            "ours": lambda images=images: engine(images),
            "resnet50": resnet50(batch, options.device),
        }
        times = measured(runs, options.rounds if batch == 1 else max(3, options.rounds // 3))
        mine, plain, known = times["ours"].wall_ms, times["eager"].wall_ms, times["resnet50"].wall_ms
        allowed = ALLOWED.get(name) if batch == 1 and options.device == "cpu" else None
        rows.append(
            Row(name, batch, engine.info.engine, precision, *times.values(), plain / mine, mine / known, allowed)
        )
    return rows


def line(row: Row) -> str:
    """A row of the table in Markdown."""
    allowed = "" if row.allowed is None else f"{row.allowed} {'kept' if row.ratio <= row.allowed else 'MISSED'}"
    times = (f"{t.wall_ms:.1f} ({t.cpu_ms:.0f})" for t in (row.eager, row.ours, row.resnet50))
    cells = (row.network, f"{row.batch}", *times, f"{row.speedup:.2f}", f"{row.ratio:.2f}", allowed)
    return f"| {' | '.join(cells)} |"


HEADER = (
    "| network | batch | eager ms (CPU) | ours ms (CPU) | ResNet-50 ms (CPU) | faster | ours / ResNet-50 | allowed |\n"
    "| --- | --- | --- | --- | --- | --- | --- | --- |"
)


def parsed() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("networks", nargs="*", default=mesh_network_names(), metavar="NETWORK")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 8])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--engine", default="auto")
    parser.add_argument("--out", type=Path, help="folder for zoo.json and zoo.md")
    return parser.parse_args()


def main() -> None:
    """Print the table while it grows, and keep it."""
    options = parsed()
    torch.set_num_threads(options.threads)
    about = f"{platform.processor() or platform.machine()}, {options.device}, threads: {options.threads}, "
    about += ", ".join(f"{name} {version(name)}" for name in ("torch", "openvino", "onnxruntime"))
    print(f"{about}\nmedian wall time of a call, processor time of all threads in brackets\n\n{HEADER}", flush=True)
    rows: list[Row] = []
    for name in options.networks:
        rows += rows_of(name, options)
        print(*map(line, rows[-len(options.batches) :]), sep="\n", flush=True)
        gc.collect()
    if options.out:
        options.out.mkdir(parents=True, exist_ok=True)
        content = {"machine": about, "rows": [asdict(row) for row in rows]}
        (options.out / "zoo.json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
        (options.out / "zoo.md").write_text(
            f"{about}\n\n{HEADER}\n" + "\n".join(map(line, rows)) + "\n", encoding="utf-8"
        )


if __name__ == "__main__":
    main()
