"""What executes a network: each function here loads one and returns a function from images to output arrays.

All of them take images (B, H, W, 3) uint8, C-contiguous, B at least 1, and accept any B.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from hand_recon_ros.networks.registry import find_network
from hand_recon_ros.runtime.build import Build, built
from hand_recon_ros.types import ByteImage

Outputs = tuple[np.ndarray[Any, Any], ...]
Run = Callable[[ByteImage], Outputs]

SMALL = 32 * 2**20
"""Bytes of an export up to which a copy of its weights for each batch size costs little."""


def load_openvino(onnx: Path, threads: int) -> Run:
    """OpenVINO on the CPU, tuned for the delay of one call.

    A small network is compiled for one and for two images and takes others in such pieces: at a fixed size it needs
    0.73 to 0.94 of the time that it needs at any. Large ones gain next to nothing, for a second copy of their weights.
    """
    if sum(part.stat().st_size for part in onnx.parent.iterdir()) > SMALL:
        return _compiled(onnx, threads, -1)
    one, two = _compiled(onnx, threads, 1), _compiled(onnx, threads, 2)

    def run(images: ByteImage) -> Outputs:
        if len(images) <= 2:
            return (one if len(images) == 1 else two)(images)
        return tuple(map(np.concatenate, zip(two(images[:2]), run(images[2:]), strict=True)))

    return run


def _compiled(onnx: Path, threads: int, batch: int) -> Run:
    """A network for batches of one size, or with -1 of any."""
    import openvino as ov
    from openvino import properties as set_to
    from openvino.properties import hint

    model = _core().read_model(onnx)
    shape = model.input().partial_shape
    shape[0] = ov.Dimension(batch)
    model.reshape(shape)
    compiled = _core().compile_model(
        model,
        "CPU",
        {
            hint.performance_mode(): hint.PerformanceMode.LATENCY,
            # By itself OpenVINO computes in bfloat16 where the processor can: landmarks move a pixel, some over ten.
            hint.inference_precision(): ov.Type.f32,
            set_to.inference_num_threads(): threads,
            set_to.num_streams(): 1,
        },
    )
    request = compiled.create_infer_request()
    count = len(compiled.outputs)

    def run(images: ByteImage) -> Outputs:
        # The wrapper that infer() puts around its inputs and outputs takes longer than copying both.
        request.set_input_tensor(ov.Tensor(images, shared_memory=True))
        request.infer(share_outputs=True)
        return tuple(request.get_output_tensor(k).data.copy() for k in range(count))

    return run


@cache
def _core() -> Any:
    """The only one of this process, which it keeps.

    Each Core puts a signal stack of its own in the place of the thread's (of faulthandler, say), and gives back the one
    that it found. Two that end in the order of their making leave the memory of the first one behind, already unmapped,
    and the next signal kills the process without a word.
    """
    import openvino as ov

    return ov.Core()


def load_onnxruntime(onnx: Path, threads: int) -> Run:
    """ONNX Runtime on the CPU."""
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    session = ort.InferenceSession(onnx, options, providers=["CPUExecutionProvider"])
    return lambda images: tuple(session.run(None, {"images": images}))


def load_torch(build: Build, device: str, threads: int, precision: str) -> Run:
    """PyTorch, eagerly, with channels last; images reach CUDA from pinned memory as bytes.

    Raises:
        RuntimeError: CUDA is asked for, and this build of PyTorch cannot use it.
    """
    import torch

    from hand_recon_ros.runtime.folding import fold

    if device == "cuda" and not torch.cuda.is_available():
        raise RuntimeError(
            f"the driver offers a CUDA device, but PyTorch {torch.__version__} cannot use it; "
            "install a CUDA build of PyTorch that fits the driver, or use device cpu"
        )
    if device == "cpu":
        torch.set_num_threads(threads)
    network, side = built(build).requires_grad_(False), find_network(build.name).input_size
    fold(network, torch.zeros(1, side, side, 3, dtype=torch.uint8))
    network = network.to(device, getattr(torch, precision)).to(memory_format=torch.channels_last)

    @torch.inference_mode()
    def run(images: ByteImage) -> Outputs:
        batch = torch.from_numpy(images)
        if device == "cuda":
            batch = batch.pin_memory().to(device, non_blocking=True)
        return tuple(output.float().cpu().numpy() for output in network(batch))

    return run
