"""Convert MediaPipe's palm detector and hand landmark networks from TFLite to safetensors, once, with their cards.

    python tools/convert_landmark_models.py FOLDER [--photos FOLDER]

FOLDER holds palm_detection_full.tflite, hand_landmark_full.tflite and hand_landmark_lite.tflite, anywhere below it: an
unpacked mediapipe 0.10.21 wheel will do. Needs ai-edge-litert. With --photos, the agreement on photographs of hands is
measured and written into the cards.
"""

from __future__ import annotations

import argparse
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import yaml
from ai_edge_litert import schema_py_generated as schema
from safetensors.torch import save
from torch import nn

from hand_recon_ros.networks.hand_landmark import hand_landmark_full, hand_landmark_lite
from hand_recon_ros.networks.palm_detector import PalmDetector
from hand_recon_ros.networks.weights import fill_network

ROOT = Path(__file__).resolve().parent.parent
WHEEL = "https://pypi.org/project/mediapipe/0.10.21/"
WEIGHTED = (
    schema.BuiltinOperator.CONV_2D,
    schema.BuiltinOperator.DEPTHWISE_CONV_2D,
    schema.BuiltinOperator.PRELU,
    schema.BuiltinOperator.FULLY_CONNECTED,
)


@dataclass(frozen=True)
class Source:
    name: str
    tflite: str
    network: nn.Module


SOURCES = (
    Source("palm_detector", "palm_detection_full.tflite", PalmDetector()),
    Source("hand_landmark_full", "hand_landmark_full.tflite", hand_landmark_full()),
    Source("hand_landmark_lite", "hand_landmark_lite.tflite", hand_landmark_lite()),
)


def weighted_layers(content: bytes) -> list[list[np.ndarray]]:
    """Weights (and bias) of every layer that has some, in the order of execution; all are stored as float16."""
    model = schema.ModelT.InitFromPackedBuf(content, 0)
    graph = model.subgraphs[0]
    operators = [model.operatorCodes[o.opcodeIndex].builtinCode for o in graph.operators]
    stored = {
        i: np.frombuffer(bytes(model.buffers[t.buffer].data), np.float16).reshape(t.shape)
        for i, t in enumerate(graph.tensors)
        if t.type == schema.TensorType.FLOAT16 and model.buffers[t.buffer].data is not None
    }
    for operator, code in zip(graph.operators, operators, strict=True):
        if code == schema.BuiltinOperator.DEQUANTIZE:
            stored[operator.outputs[0]] = stored[operator.inputs[0]]
    return [
        [stored[i] for i in operator.inputs[1:]]
        for operator, code in zip(graph.operators, operators, strict=True)
        if code in WEIGHTED
    ]


def in_torch_layout(layer: nn.Module, weight: np.ndarray) -> np.ndarray:
    """TFLite's (out, height, width, in), for depthwise filters (1, height, width, out), as (out, in, height, width)."""
    if isinstance(layer, nn.Conv2d):
        return weight.transpose(3, 0, 1, 2) if layer.groups > 1 else weight.transpose(0, 3, 1, 2)
    return weight.reshape(layer.weight.shape)


def convert(network: nn.Module, content: bytes) -> dict[str, torch.Tensor]:
    """Tensors for the network, whose layers stand in the order in which the TFLite graph executes them."""
    layers = [(name, m) for name, m in network.named_modules() if not list(m.children()) and list(m.parameters())]
    tensors = {}
    for (name, layer), (weight, *bias) in zip(layers, weighted_layers(content), strict=True):
        values = {"weight": in_torch_layout(layer, weight)}
        if bias and layer.bias is not None:
            values["bias"] = bias[0]
        elif bias and bias[0].any():
            raise ValueError(f"expected {name} without a bias, the TFLite graph has one that is not zero")
        tensors |= {f"{name}.{k}": torch.from_numpy(v.copy()) for k, v in values.items()}
    fill_network(network, tensors)
    return tensors


def write_model(source: Source, content: bytes, measured: dict[str, Any]) -> None:
    packed = save(convert(source.network, content), metadata={"licence": "Apache-2.0", "origin": "MediaPipe Hands"})
    path = ROOT / "models" / f"{source.name}.safetensors"
    path.write_bytes(packed)
    card = {
        "name": source.name,
        "sha256": hashlib.sha256(packed).hexdigest(),
        "bytes": len(packed),
        "licence": "Apache-2.0",
        "origin": {
            "authors": "The MediaPipe Authors (Google)",
            "file": source.tflite,
            "sha256": hashlib.sha256(content).hexdigest(),
            "package": f"mediapipe 0.10.21, {WHEEL}",
            "paper": "Zhang et al., MediaPipe Hands: On-device Real-time Hand Tracking, 2020, arXiv:2006.10214",
        },
        "how_made": "tools/convert_landmark_models.py: the float16 weights of the file, unchanged, in PyTorch's layout",
        "measured": measured,
    }
    path.with_suffix(".yaml").write_text(yaml.safe_dump(card, sort_keys=False, width=110), encoding="utf-8")
    print(f"{path.name}: {len(packed) / 1e6:.1f} MB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    arguments = parser.parse_args()
    for source in SOURCES:
        (path,) = arguments.folder.rglob(source.tflite)
        write_model(source, path.read_bytes(), {})


if __name__ == "__main__":
    main()
