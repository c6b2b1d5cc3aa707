"""What it takes to be ready: seconds to import, to a first result, and of the node to its first message."""

from __future__ import annotations

import statistics
import subprocess
import sys
import threading
import time

from hand_recon_ros.bench.live import FRAMES, SCENES, listen, node, open_bus, publish
from hand_recon_ros.bench.report import Part, Row, Table
from hand_recon_ros.bench.scenes import few_hands

IMPORT = "import time; t = time.perf_counter(); import hand_recon_ros; print(time.perf_counter() - t)"
FIRST = """
import time; t = time.perf_counter()
import numpy as np
from hand_recon_ros import HandPipeline
HandPipeline.create(device="cpu", tracking=True)(np.zeros((480, 640, 3), np.uint8))
print(time.perf_counter() - t)
"""
ENGINES = """
import time; t = time.perf_counter()
if {torch_first}: import torch
from hand_recon_ros.runtime import load_engine
for name in ("palm_detector", "hand_landmark_full"):
    load_engine(name, "cpu", 1, engine={engine!r})
print(time.perf_counter() - t)
"""
MEMORY = """
# Not getrusage: its peak is inherited from the parent process through fork and exec.
import re; status = open("/proc/self/status").read()
print(*(int(re.search(key + r":\\s+(\\d+)", status)[1]) / 1024 for key in ("VmRSS", "VmHWM")))
"""
TITLE = "From nothing, exports and files cached; each in a new process. Resident memory in MiB, then and at its peak."
NODE_AIM_S = 2.5
LONGEST_S = 120.0


def start_up(rounds: int) -> Part:
    """Import, pipeline, engines and node."""
    measured(FIRST, 1)  # makes the exports, and fills the file cache
    rows: list[Row] = [
        ("`import hand_recon_ros`", *measured(IMPORT, rounds), None),
        ("`HandPipeline.create` and a first picture", *measured(FIRST, rounds), None),
    ]
    for engine, torch_first in (("openvino", False), ("onnxruntime", False), ("torch", False), ("openvino", True)):
        name = f"both networks in {engine}{', PyTorch imported too' if torch_first else ''}"
        code = ENGINES.format(engine=engine, torch_first=torch_first)
        measured(code, 1)
        rows.append((name, *measured(code, rounds), None))
    seconds = statistics.median(node_seconds() for _ in range(rounds))
    verdict = f"{NODE_AIM_S} {'kept' if seconds <= NODE_AIM_S else 'missed'}"
    rows.append(("`hand-recon node` to its first message of hands", seconds, None, None, verdict))
    return Part("start-up", (Table(TITLE, ("", "seconds", "MiB", "peak MiB", "aim"), tuple(rows)),))


def measured(code: str, rounds: int) -> list[float]:
    """Medians of what a program prints, seconds and memory, each time in a new process."""
    command = [sys.executable, "-c", code + (MEMORY if sys.platform == "linux" else "print('nan nan')")]
    runs = [subprocess.run(command, capture_output=True, text=True, check=True) for _ in range(rounds)]
    return [statistics.median(column) for column in zip(*(map(float, run.stdout.split()) for run in runs), strict=True)]


def node_seconds() -> float:
    """From starting the node's process, while a camera plays, to its first result here.

    Raises:
        RuntimeError: it gives none.
    """
    scene, arrived, stop = SCENES[0], threading.Event(), threading.Event()
    found: list[float] = []

    def on_result(camera: str, cdr: memoryview) -> None:
        found.append(time.monotonic())
        arrived.set()

    with open_bus() as bus:
        listen(bus, scene, on_result)
        spinning = threading.Thread(target=bus.spin, args=(stop,))
        spinning.start()
        try:
            started = time.monotonic()
            with node(scene) as process:
                publish(bus, scene, few_hands(scene.hands, FRAMES), LONGEST_S, process, arrived)
        finally:
            stop.set()
            spinning.join()
    if not found:
        raise RuntimeError(f"the node gave no result within {LONGEST_S:g} s; run `hand-recon node` by hand to see why")
    return found[0] - started
