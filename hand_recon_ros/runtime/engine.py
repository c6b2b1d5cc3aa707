"""An engine runs one network on one device: uint8 images in, arrays out."""

from __future__ import annotations

import logging
import platform
import time
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from hand_recon_ros.hand_model import HandModel
from hand_recon_ros.networks.registry import find_network
from hand_recon_ros.runtime.backends import Outputs, Run, load_onnxruntime, load_openvino, load_torch
from hand_recon_ros.runtime.build import Build
from hand_recon_ros.runtime.device import choose_device, choose_threads
from hand_recon_ros.runtime.export_cache import cached_onnx
from hand_recon_ros.types import ByteImage

logger = logging.getLogger(__name__)

PRECISIONS = {
    ("openvino", "cpu"): ("float32",),
    ("onnxruntime", "cpu"): ("float32",),
    ("torch", "cpu"): ("float32",),
    ("torch", "cuda"): ("float32", "float16"),
}
"""What every engine computes in, on the devices that it runs on. bfloat16 costs a CPU too much accuracy."""
CPU_ENGINES = ("openvino", "onnxruntime")
WARM_BATCHES = (1, 2)
"""Batch sizes run once at loading, since the first call of a size is several times slower."""


@dataclass(frozen=True)
class EngineInfo:
    """What an engine runs, and how.

    Attributes:
        threads: CPU threads.
        load_ms, warmup_ms: time to load, and to run once each batch size that is warmed up.
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
    """Runs one network, for one thread at a time; `load_engine` makes one."""

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
    network: str,
    device: str = "auto",
    threads: int | None = None,
    precision: str = "float32",
    engine: str = "auto",
    hand_model: HandModel | None = None,
    left: HandModel | None = None,
    random_weights: bool = False,
) -> Engine:
    """Make a network of the registry ready to run; a mesh network then gives LiveHands' tensors in their order.

    Args:
        network: one of hand_recon_ros.networks.network_names(), or the name that weights were imported under.
        device: "cpu", "cuda", or "auto" for CUDA where it works.
        threads: CPU threads; by default one a core, at most four.
        precision: "float32", or on CUDA "float16".
        engine: "openvino", "onnxruntime", "torch", or "auto" for the fastest one on the device.
        hand_model: the right hand that a mesh network's parameters or vertices belong to.
        left: the left hand for networks that give both; left out, they take the mirrored right one.
        random_weights: of mesh networks, for tests and benchmarks.

    Raises:
        ValueError: an unknown network, device, engine or precision, or an engine that cannot run so.
        FileNotFoundError: no weights were imported for a mesh network; the sentence says how to.
        RuntimeError: CUDA was asked for and does not work, or the network could not be exported.
    """
    build = Build(network, hand_model, left, random_weights)
    chosen = "cpu" if device == "auto" and engine in CPU_ENGINES else choose_device(device)
    try:
        return _load(build, chosen, choose_threads(threads), precision, choose_engine(engine, chosen, precision))
    except RuntimeError as error:
        if device == chosen or chosen == "cpu":
            raise
        logger.warning("CUDA does not work, so that %s runs on the CPU: %s", network, error)
        return _load(build, "cpu", choose_threads(threads), "float32", choose_engine(engine, "cpu", "float32"))


def choose_engine(engine: str, device: str, precision: str) -> str:
    """The engine to use, for "auto" the fastest one measured on that device.

    Raises:
        ValueError: no such engine, or one that cannot run on the device or in the precision.
    """
    if engine == "auto":
        engine = "torch" if device == "cuda" else _fastest_on_cpu()
    if precision not in PRECISIONS.get((engine, device), ()):
        known = "; ".join(f"{e} on {d} in {' or '.join(p)}" for (e, d), p in PRECISIONS.items())
        raise ValueError(f"expected an engine out of {known}; got {engine} on {device} in {precision}")
    return engine


def _fastest_on_cpu() -> str:
    x86 = platform.machine().lower() in ("x86_64", "amd64")
    return "openvino" if x86 and find_spec("openvino") else "onnxruntime"


def _load(build: Build, device: str, threads: int, precision: str, engine: str) -> Engine:
    network, side = build.name, find_network(build.name).input_size
    started = time.perf_counter()
    run, export = _backend(build, device, threads, precision, engine)
    loaded = time.perf_counter()
    outputs = [run(np.zeros((batch, side, side, 3), np.uint8)) for batch in WARM_BATCHES]
    load_ms, warmup_ms = 1e3 * (loaded - started), 1e3 * (time.perf_counter() - loaded)
    info = EngineInfo(network, device, engine, precision, threads, load_ms, warmup_ms, export)
    logger.info(
        f"{network} runs on {device} with {engine}, {precision}, threads: {threads}; "
        f"loaded in {load_ms:.0f} ms, warmed up in {warmup_ms:.0f} ms"
    )
    return Engine(run, side, tuple(output[:0] for output in outputs[0]), info)


def _backend(build: Build, device: str, threads: int, precision: str, engine: str) -> tuple[Run, Path | None]:
    """What runs the network, and the exported file it came from."""
    if engine == "torch":
        return load_torch(build, device, threads, precision), None
    onnx = cached_onnx(build, engine)
    return (load_openvino if engine == "openvino" else load_onnxruntime)(onnx, threads), onnx
