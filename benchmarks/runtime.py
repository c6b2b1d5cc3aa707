"""Time of one call of every network in every engine, in turn, and what loading one costs in time and memory.

    taskset -c 1 python benchmarks/runtime.py [--rounds 100] [--batch 1] [--threads 1] [--tflite FOLDER]

--tflite adds TFLite's own interpreter (ai-edge-litert, XNNPACK) on the original files, anywhere below FOLDER. Its time
includes what the networks do inside: bytes to numbers in [0, 1].
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from hand_recon_ros.networks import find_network, network_names
from hand_recon_ros.runtime import load_engine
from hand_recon_ros.runtime.backends import load_onnxruntime
from hand_recon_ros.runtime.build import Build
from hand_recon_ros.runtime.export_cache import cached_onnx

SHIPPED = [name for name in network_names() if find_network(name).weights]
ENGINES = ("openvino", "onnxruntime", "torch")
TFLITE_FILES = {
    "palm_detector": "palm_detection_full.tflite",
    "hand_landmark_full": "hand_landmark_full.tflite",
    "hand_landmark_lite": "hand_landmark_lite.tflite",
}
LOADING = r"""
import re, time
started = time.perf_counter()
if {torch_first}: import torch
from hand_recon_ros.runtime import load_engine
for name in ("palm_detector", "hand_landmark_full"):
    load_engine(name, "cpu", {threads}, engine={engine!r})
seconds = time.perf_counter() - started
# Not getrusage: its peak is inherited from the parent process through fork and exec.
status = open("/proc/self/status").read()
print(seconds, *(int(re.search(key + r":\s+(\d+)", status)[1]) / 1024 for key in ("VmHWM", "VmRSS")))
"""


def tflite_interpreter(path: Path, threads: int) -> Callable[[np.ndarray], object]:
    """A function that runs images one by one, which is all that these files take."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(str(path), num_threads=threads)
    interpreter.allocate_tensors()
    (taken,), given = interpreter.get_input_details(), interpreter.get_output_details()

    def run(images: np.ndarray) -> object:
        for image in images:
            interpreter.set_tensor(taken["index"], image[None].astype(np.float32) / 255)
            interpreter.invoke()
            outputs = [interpreter.get_tensor(output["index"]) for output in given]
        return outputs

    return run


def medians_ms(runs: dict[str, Callable[[np.ndarray], object]], images: np.ndarray, rounds: int) -> dict[str, float]:
    """Median time of each function, called in turn so that all see the same machine."""
    times: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds + 3):
        for name, run in runs.items():
            started = time.perf_counter()
            run(images)
            times[name].append(1e3 * (time.perf_counter() - started))
    return {name: statistics.median(values[3:]) for name, values in times.items()}


def loading_cost(engine: str, threads: int, torch_first: bool) -> tuple[float, float, float]:
    """Seconds from an empty process to two warm engines, and its peak and final resident memory in MiB."""
    code = LOADING.format(engine=engine, threads=threads, torch_first=torch_first)
    results = [
        [float(v) for v in subprocess.check_output([sys.executable, "-c", code], text=True).split()] for _ in range(3)
    ]
    seconds, peak, final = (statistics.median(column) for column in zip(*results, strict=True))
    return seconds, peak, final


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--tflite", type=Path)
    options = parser.parse_args()
    print(f"median ms of a call, batch {options.batch}, threads {options.threads}")
    for name in SHIPPED:
        side = find_network(name).input_size
        images = np.random.default_rng(0).integers(0, 256, (options.batch, side, side, 3), np.uint8)
        runs: dict[str, Callable[[np.ndarray], object]] = {
            engine: load_engine(name, "cpu", options.threads, engine=engine) for engine in ENGINES
        }
        runs["onnxruntime with PRelu"] = load_onnxruntime(cached_onnx(Build(name), "openvino"), options.threads)
        if options.tflite:
            (path,) = options.tflite.rglob(TFLITE_FILES[name])
            runs["tflite"] = tflite_interpreter(path, options.threads)
        times = medians_ms(runs, images, options.rounds)
        print(f"{name:20}", "  ".join(f"{engine} {ms:.1f}" for engine, ms in times.items()), flush=True)
    print("seconds, peak and final resident MiB (Linux) from an empty process to detector and landmark network, warm")
    for engine, torch_first in (*((e, False) for e in ENGINES), ("openvino", True)):
        seconds, peak, final = loading_cost(engine, options.threads, torch_first)
        label = f"{engine}{' with torch imported' if torch_first else ''}"
        print(f"{label:32}{seconds:.1f} s  {peak:.0f} MiB  {final:.0f} MiB")


if __name__ == "__main__":
    main()
