"""What can run a network here: plain PyTorch, our engines, and on CUDA also graphs and TensorRT.

No machine with a CUDA device was at hand when the CUDA part was written: it has not run yet.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from hand_recon_ros.runtime import load_engine
from hand_recon_ros.runtime.build import Build, built
from hand_recon_ros.runtime.device import cuda_device_count
from hand_recon_ros.types import ByteImage

if TYPE_CHECKING:
    from torch import nn

Executor = Callable[[ByteImage], object]
PLAIN = "PyTorch eager"
WARM_UP = 3
TFLITE_FILES = {
    "palm_detector": "palm_detection_full.tflite",
    "hand_landmark_full": "hand_landmark_full.tflite",
    "hand_landmark_lite": "hand_landmark_lite.tflite",
}


def executors(build: Build, images: ByteImage, threads: int, mediapipe: Path | None = None) -> dict[str, Executor]:
    """Everything here that can run a network on such images (B, H, W, 3), by its name, plain PyTorch first.

    Args:
        build: the network.
        images: of the shape that will come.
        threads: CPU threads.
        mediapipe: Python of an environment with MediaPipe, whose TFLite files are then run too.
    """
    found: dict[str, Executor] = {PLAIN: plain(build, "cpu", threads)}
    found["ONNX Runtime"] = engine(build, "cpu", threads, "onnxruntime")
    if find_spec("openvino"):
        found["OpenVINO"] = engine(build, "cpu", threads, "openvino")
    if mediapipe and build.name in TFLITE_FILES and find_spec("ai_edge_litert"):
        (file,) = mediapipe.parents[1].rglob(TFLITE_FILES[build.name])
        found["TFLite (XNNPACK)"] = tflite(file, threads)
    return found | (cuda_executors(build, images, threads) if cuda_device_count() else {})


def plain(build: Build, device: str, threads: int) -> Executor:
    """A network as PyTorch runs it by itself, float32, with its outputs brought back."""
    import torch

    torch.set_num_threads(threads)
    return fetched(built(build).to(device), device)


def fetched(network: nn.Module | Callable[..., Any], device: str) -> Executor:
    """A call of a network on a device, from an array and back to the CPU."""
    import torch

    @torch.inference_mode()
    def run(images: ByteImage) -> object:
        return [output.cpu() for output in network(torch.from_numpy(images).to(device))]

    return run


def engine(build: Build, device: str, threads: int, name: str, precision: str = "float32") -> Executor:
    """The engine that the package itself uses."""
    return load_engine(
        build.name,
        device,
        threads,
        precision,
        name,
        hand_model=build.hand_model,
        left=build.left,
        random_weights=build.random_weights,
    )


def tflite(file: Path, threads: int) -> Executor:
    """TFLite's own interpreter, image by image, which is all that these files take, from bytes as the others."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(str(file), num_threads=threads)
    interpreter.allocate_tensors()
    (taken,), given = interpreter.get_input_details(), interpreter.get_output_details()

    def run(images: ByteImage) -> object:
        for image in images:
            interpreter.set_tensor(taken["index"], image[None].astype(np.float32) / 255)
            interpreter.invoke()
            outputs = [interpreter.get_tensor(output["index"]) for output in given]
        return outputs

    return run


def cuda_executors(build: Build, images: ByteImage, threads: int) -> dict[str, Executor]:
    """The same on CUDA: plain, our engine in both precisions, a CUDA graph, and TensorRT where it is installed."""
    found = {
        "CUDA eager": plain(build, "cuda", threads),
        "our engine on CUDA, float32": engine(build, "cuda", threads, "torch"),
        "our engine on CUDA, float16": engine(build, "cuda", threads, "torch", "float16"),
        "CUDA graph": cuda_graph(build, images),
    }
    if find_spec("torch_tensorrt"):
        import torch

        compiled = torch.compile(built(build).to("cuda"), backend="torch_tensorrt")
        found["TensorRT"] = fetched(compiled, "cuda")
    return found


def cuda_graph(build: Build, images: ByteImage) -> Executor:
    """A network captured once for images of one shape, float32: each call is one upload, one launch, one download."""
    import torch

    network, pinned = built(build).to("cuda"), torch.from_numpy(images).pin_memory()
    taken = pinned.to("cuda")
    with torch.inference_mode(), torch.cuda.stream(torch.cuda.Stream()):
        for _ in range(WARM_UP):
            network(taken)
    torch.cuda.synchronize()
    graph = torch.cuda.CUDAGraph()
    with torch.inference_mode(), torch.cuda.graph(graph):
        outputs = network(taken)

    @torch.inference_mode()
    def run(images: ByteImage) -> object:
        pinned.copy_(torch.from_numpy(images))
        taken.copy_(pinned, non_blocking=True)
        graph.replay()
        return [output.cpu() for output in outputs]

    return run
