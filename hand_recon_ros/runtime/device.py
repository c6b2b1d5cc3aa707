"""Which device and how many threads to use, found without importing torch."""

from __future__ import annotations

import ctypes
import gc
import logging
import os
import sys

logger = logging.getLogger(__name__)

MAX_DEFAULT_THREADS = 4
"""Networks of this size gain little from more cores, and a robot needs those for other things."""


def cuda_device_count() -> int:
    """CUDA devices that the driver offers; 0 without a driver."""
    try:
        driver = ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
    except OSError:
        return 0
    count = ctypes.c_int()
    if driver.cuInit(0) != 0 or driver.cuDeviceGetCount(ctypes.byref(count)) != 0:
        return 0
    return count.value


def choose_device(device: str) -> str:
    """Resolve "auto", and check that "cuda" is there; the result is "cpu" or "cuda".

    Raises:
        ValueError: another name.
        RuntimeError: "cuda" where there is none.
    """
    if device not in ("auto", "cpu", "cuda"):
        raise ValueError(f"device must be auto, cpu or cuda, got {device!r}")
    if device == "cpu":
        return device
    if cuda_device_count():
        return "cuda"
    if device == "cuda":
        raise RuntimeError(
            "device cuda was asked for, but the NVIDIA driver offers no CUDA device; "
            "install the driver (nvidia-smi must list a GPU) or use device cpu"
        )
    logger.info("No CUDA device: networks run on the CPU")
    return "cpu"


def choose_threads(threads: int | None) -> int:
    """The given number of threads, or by default one for each core that this process may use, at most four.

    Raises:
        ValueError: a number below one.
    """
    if threads is None:
        usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        return min(usable, MAX_DEFAULT_THREADS)
    if threads < 1:
        raise ValueError(f"threads must be at least 1, got {threads}; leave it out for a default")
    return threads


def release_device_memory() -> None:
    """Give memory of CUDA that nothing uses any more back to the device; nothing to do without CUDA."""
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_initialized():
        gc.collect()  # what refers to itself still holds its tensors
        torch.cuda.empty_cache()


def device_memory_mb() -> float:
    """Memory of CUDA that this process holds, in MiB; 0 without CUDA."""
    torch = sys.modules.get("torch")
    return torch.cuda.memory_reserved() / 2**20 if torch is not None and torch.cuda.is_initialized() else 0.0
