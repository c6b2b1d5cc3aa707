"""An engine runs one network on one device: uint8 images in, arrays out."""

from __future__ import annotations

import logging
import platform
import time
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from hand_recon_ros.networks.registry import find_network
from hand_recon_ros.runtime.backends import Outputs, Run, load_onnxruntime, load_openvino, load_torch
from hand_recon_ros.runtime.device import choose_device, choose_threads
from hand_recon_ros.types import ByteImage

logger = logging.getLogger(__name__)

PRECISIONS = {
    ("openvino", "cpu"): ("float32", "bfloat16"),
    ("onnxruntime", "cpu"): ("float32",),
    ("torch", "cpu"): ("float32", "bfloat16"),
    ("torch", "cuda"): ("float32", "float16", "bfloat16"),
}
"""What every engine can compute in, on the devices that it runs on."""
WARM_BATCHES = (1, 2)
"""Batch sizes run once at loading, since the first call of a size is several times slower."""


@dataclass(frozen=True)
class EngineInfo:
    """What an engine runs, and how.

    Attributes:
        threads: CPU threads.
        load_ms, warmup_ms: time to load, and to run once the batch sizes that are warmed up.
        export: ONNX file that it was loaded from, or None where the network runs as it is.
    """

    network: str
    device: str
    engine: str
    precision: str
    threads: int
    load_ms: float
    warmup_ms: float
    export: Path | None


class Engine:
    """Runs one network; for one thread at a time. `load_engine` makes one."""

    def __init__(self, run: Run, input_size: int, empty: Outputs, info: EngineInfo) -> None:
        """Wrap a backend's run; empty is its answer to no images."""
        self.info = info
        self._run, self._empty = run, empty
        self._shape = (input_size, input_size, 3)

    def __call__(self, images: ByteImage) -> Outputs:
        """Outputs of the network for images (B, size, size, 3), uint8 RGB, any B, as float32 arrays with B first.

        Raises:
            ValueError: images of another shape or type.
        """
        if images.shape[1:] != self._shape or images.dtype != np.uint8:
            raise ValueError(
                f"{self.info.network} takes uint8 images of shape (B, {', '.join(map(str, self._shape))}), "
                f"got {images.dtype} {images.shape}; crop or resize them first"
            )
        return self._run(np.ascontiguousarray(images)) if len(images) else self._empty


def load_engine(
    network: str, device: str = "auto", threads: int | None = None, precision: str = "float32", engine: str = "auto"
) -> Engine:
    """Make a network of the registry ready to run.

    Args:
        network: one of hand_recon_ros.networks.network_names().
        device: "cpu", "cuda", or "auto" for CUDA where there is some.
        threads: CPU threads; by default one a core, at most four.
        precision: "float32", or "bfloat16" and "float16" where the engine has it.
        engine: "openvino", "onnxruntime", "torch", or "auto" for the fastest one on the device.

    Raises:
        ValueError: an unknown network, device, engine or precision.
        RuntimeError: CUDA was asked for and is not there, or the network could not be exported.
    """
    entry = find_network(network)
    device, threads = choose_device(device), choose_threads(threads)
    engine = choose_engine(engine, device, precision)
    started = time.perf_counter()
    run, export = _load(network, device, engine, threads, precision)
    loaded = time.perf_counter()
    outputs = [run(np.zeros((b, entry.input_size, entry.input_size, 3), np.uint8)) for b in WARM_BATCHES]
    ended = time.perf_counter()
    info = EngineInfo(
        network, device, engine, precision, threads, 1e3 * (loaded - started), 1e3 * (ended - loaded), export
    )
    logger.info(
        "%s runs on %s with %s, %s, %d threads; loaded in %.0f ms, warmed up in %.0f ms",
        network, device, engine, precision, threads, info.load_ms, info.warmup_ms,
    )  # fmt: skip
    return Engine(run, entry.input_size, tuple(output[:0] for output in outputs[0]), info)


def choose_engine(engine: str, device: str, precision: str) -> str:
    """The engine to use, for "auto" the fastest one measured on that device.

    Raises:
        ValueError: no such engine, or one that cannot run on the device or in the precision.
    """
    if engine == "auto":
        engine = "torch" if device == "cuda" else _fastest_on_cpu()
    if precision not in PRECISIONS.get((engine, device), ()):
        known = "; ".join(f"{e} on {d}: {', '.join(p)}" for (e, d), p in PRECISIONS.items())
        raise ValueError(f"engine {engine} cannot run on {device} in {precision}; there are {known}")
    return engine


def _fastest_on_cpu() -> str:
    x86 = platform.machine().lower() in ("x86_64", "amd64")
    return "openvino" if x86 and find_spec("openvino") else "onnxruntime"


def _load(network: str, device: str, engine: str, threads: int, precision: str) -> tuple[Run, Path | None]:
    """A backend's run, and the exported file it came from."""
    if engine == "torch":
        return load_torch(network, device, threads, precision), None
    from hand_recon_ros.runtime.export_cache import cached_onnx

    onnx = cached_onnx(network)
    return (load_openvino(onnx, threads, precision) if engine == "openvino" else load_onnxruntime(onnx, threads)), onnx
