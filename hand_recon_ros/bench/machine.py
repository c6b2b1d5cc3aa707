"""What the figures were measured on: processor, memory, versions, and how much the hardware can do at best."""

from __future__ import annotations

import os
import platform
import re
import time
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import numpy.typing as npt

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
    """Billions of additions and multiplications a second, at best, of a product of matrices.

    NumPy's, or OpenVINO's where that is faster: OpenBLAS does not use AVX-512 on every processor that has it.
    """
    a = np.random.default_rng(0).normal(size=(SIDE, SIDE)).astype(np.float32)
    products: list[Callable[[], object]] = [lambda: a @ a]
    if find_spec("openvino"):
        products.append(_openvino_product(a))
    return 2 * SIDE**3 / min(map(_best_seconds, products)) / 1e9


def _openvino_product(a: npt.NDArray[np.float32]) -> Callable[[], object]:
    """What multiplies a matrix with itself in OpenVINO, on one thread, in float32."""
    import openvino as ov
    from openvino import opset13 as op
    from openvino import properties as set_to

    given = op.parameter(a.shape, np.float32)
    model = ov.Model([op.matmul(given, op.constant(a), False, False)], [given], "product")
    one_thread = {set_to.inference_num_threads(): 1, set_to.hint.inference_precision(): ov.Type.f32}
    request = ov.Core().compile_model(model, "CPU", one_thread).create_infer_request()
    request.set_input_tensor(ov.Tensor(a, shared_memory=True))
    return lambda: request.infer(share_outputs=True)


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
