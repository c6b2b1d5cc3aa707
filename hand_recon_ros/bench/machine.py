"""What the figures were measured on: processor, memory, versions, and how much the hardware can do at best."""

from __future__ import annotations

import os
import platform
import re
import time
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np

from hand_recon_ros.bench.isolation import isolated, usable_cores
from hand_recon_ros.bench.report import Cell, Part, Row, Table
from hand_recon_ros.runtime.device import cuda_device_count

PACKAGES = (
    *("hand_recon_ros", "numpy", "opencv-python-headless", "openvino", "onnxruntime", "torch", "tensorrt"),
    "cyclonedds",
)
SIDE, COPIED_BYTES, REPEATS = 768, 1 << 26, 40


def machine() -> Part:
    """The machine as a part of the report."""
    rows: list[Row] = [
        ("processor", processor()),
        ("cores that may be used", usable_cores()),
        ("memory, GiB", memory_gib()),
        ("system", f"{platform.system()} {platform.release()}, Python {platform.python_version()}"),
        *((name, found) for name in PACKAGES if (found := _version(name))),
        ("CUDA devices", cuda_device_count()),
        ("load before the start", _load()),
        ("matrix product, float32, one core: best GFLOP/s", isolated(1, matrix_gflops)),
        ("copying memory, one core: best GB/s read and written", isolated(1, copy_gigabytes)),
    ]
    return Part("machine", (Table("What the figures were measured on.", ("", ""), tuple(rows)),))


def processor() -> str:
    """The processor's name."""
    try:
        found = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    except OSError:
        found = None
    return found[1] if found else platform.processor() or platform.machine()


def memory_gib() -> Cell:
    """Memory of the machine, None where it is not told."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    except (AttributeError, ValueError, OSError):
        return None


def matrix_gflops() -> float:
    """Billions of additions and multiplications a second, at best, of a product of matrices."""
    a = np.random.default_rng(0).normal(size=(SIDE, SIDE)).astype(np.float32)
    return 2 * SIDE**3 / _best_seconds(lambda: a @ a) / 1e9


def copy_gigabytes() -> float:
    """Billions of bytes a second, at best, that a copy reads and writes."""
    source = np.ones(COPIED_BYTES, np.uint8)
    target = np.empty_like(source)
    return 2 * COPIED_BYTES / _best_seconds(lambda: np.copyto(target, source)) / 1e9


def _best_seconds(call: Callable[[], object]) -> float:
    times = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        call()
        times.append(time.perf_counter() - started)
    return min(times)


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _load() -> Cell:
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else None
