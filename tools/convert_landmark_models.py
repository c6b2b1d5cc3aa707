"""Convert MediaPipe's palm detector and hand landmark networks from TFLite to safetensors, once, with their cards.

    python tools/convert_landmark_models.py FOLDER PHOTOS

FOLDER holds palm_detection_full.tflite, hand_landmark_full.tflite and hand_landmark_lite.tflite, anywhere below it: an
unpacked wheel of mediapipe 0.10.21 will do. PHOTOS holds photographs of hands, on which the agreement with TFLite's own
interpreter is measured for the cards. Needs the packages of the extra "bake".

Also writes what the tests compare with: renders of the free hand and the interpreter's answers (tests/data).
"""

from __future__ import annotations

import argparse
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
import yaml
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter
from safetensors.torch import save
from torch import nn

from hand_recon_ros.hand_model import load_free_hand
from hand_recon_ros.networks.hand_landmark import hand_landmark_full, hand_landmark_lite
from hand_recon_ros.networks.palm_detector import PalmDetector
from hand_recon_ros.networks.weights import fill_network

ROOT = Path(__file__).resolve().parent.parent
WEIGHTED = (
    schema.BuiltinOperator.CONV_2D,
    schema.BuiltinOperator.DEPTHWISE_CONV_2D,
    schema.BuiltinOperator.PRELU,
    schema.BuiltinOperator.FULLY_CONNECTED,
)


@dataclass(frozen=True)
class Source:
    """A TFLite file, the network it becomes, and the tensors of its graph in the order of the network's outputs."""

    name: str
    tflite: str
    network: nn.Module
    input_size: int
    outputs: tuple[str, ...]


LANDMARK_OUTPUTS = ("Identity", "Identity_1", "Identity_2", "Identity_3")
SOURCES = (
    Source("palm_detector", "palm_detection_full.tflite", PalmDetector(), 192, ("Identity", "Identity_1")),
    Source("hand_landmark_full", "hand_landmark_full.tflite", hand_landmark_full(), 224, LANDMARK_OUTPUTS),
    Source("hand_landmark_lite", "hand_landmark_lite.tflite", hand_landmark_lite(), 224, LANDMARK_OUTPUTS),
)


def weighted_layers(content: bytes) -> list[list[np.ndarray]]:
    """Weights (and bias) of every layer that has some, in the order of execution; all are stored as float16."""
    model = schema.ModelT.InitFromPackedBuf(content, 0)
    graph = model.subgraphs[0]
    stored = {
        i: np.frombuffer(bytes(model.buffers[tensor.buffer].data), np.float16).reshape(tensor.shape)
        for i, tensor in enumerate(graph.tensors)
        if tensor.type == schema.TensorType.FLOAT16 and model.buffers[tensor.buffer].data is not None
    }
    layers = []
    for operator in graph.operators:
        code = model.operatorCodes[operator.opcodeIndex].builtinCode
        if code == schema.BuiltinOperator.DEQUANTIZE:
            stored[operator.outputs[0]] = stored[operator.inputs[0]]
        elif code in WEIGHTED:
            layers.append([stored[i] for i in operator.inputs[1:]])
    return layers


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
        tensors[f"{name}.weight"] = torch.from_numpy(in_torch_layout(layer, weight).copy())
        if bias and layer.bias is not None:
            tensors[f"{name}.bias"] = torch.from_numpy(bias[0].copy())
        elif bias and bias[0].any():
            raise ValueError(f"expected {name} without a bias, the TFLite graph has one that is not zero")
    return tensors


def interpret(source: Source, content: bytes, images: np.ndarray) -> list[np.ndarray]:
    """The TFLite interpreter's outputs for images (B, size, size, 3) uint8, each (B, ...)."""
    interpreter = Interpreter(model_content=content, num_threads=1)
    interpreter.allocate_tensors()
    index = {detail["name"]: detail["index"] for detail in interpreter.get_output_details()}
    rows = []
    for image in images:
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], image[None].astype(np.float32) / 255)
        interpreter.invoke()
        rows.append([interpreter.get_tensor(index[name])[0] for name in source.outputs])
    return [np.stack(column) for column in zip(*rows, strict=True)]


def disagreement(source: Source, content: bytes, images: np.ndarray) -> list[float]:
    """Largest difference between network and interpreter, relative to the range of each output."""
    with torch.inference_mode():
        outputs = [o.numpy() for o in source.network.eval()(torch.from_numpy(images))]
    expected = [e.reshape(o.shape) for e, o in zip(interpret(source, content, images), outputs, strict=True)]
    return [float(np.abs(o - e).max() / np.ptp(e)) for o, e in zip(outputs, expected, strict=True)]


def photographs(folder: Path, size: int, count: int = 10) -> np.ndarray:
    """The first photographs of a folder, shrunken to squares (count, size, size, 3) uint8 RGB."""
    paths = sorted(p for p in folder.iterdir() if p.suffix in (".jpg", ".png"))[:count]
    return np.stack(
        [cv2.resize(cv2.imread(str(p))[..., ::-1], (size, size), interpolation=cv2.INTER_AREA) for p in paths]
    )


def renders(size: int) -> np.ndarray:
    """The free hand's palm and back, and the palm turned by 40 degrees, (3, size, size, 3) uint8 RGB."""
    hand = load_free_hand()
    palm = np.array([[0, 0, 1], [1, 0, 0], [0, 1, 0]], float)  # rows: right, down, forward in the model's axes
    back = palm * [[-1], [1], [-1]]
    cos, sin = np.cos(np.radians(40)), np.sin(np.radians(40))
    turned = np.array([[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]]) @ palm
    return np.stack([paint(hand.template @ view.T, hand.faces, size) for view in (palm, back, turned)])


def paint(vertices: np.ndarray, faces: np.ndarray, size: int) -> np.ndarray:
    """Vertices in camera axes, shaded by the light from the camera and painted from back to front."""
    low, high = vertices[:, :2].min(axis=0), vertices[:, :2].max(axis=0)
    pixels = (vertices[:, :2] - (low + high) / 2) * (0.6 * size / (high - low).max()) + size / 2
    corners = vertices[faces]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    shade = -normals[:, 2] / np.linalg.norm(normals, axis=1)
    image = np.full((size, size, 3), (70, 90, 80), np.uint8)
    for k in np.argsort(-corners[:, :, 2].mean(axis=1)):
        if shade[k] > 0:
            colour = np.array([224, 172, 140]) * (0.35 + 0.65 * shade[k])
            cv2.fillConvexPoly(image, np.round(pixels[faces[k]] * 16).astype(np.int32), colour.tolist(), cv2.LINE_AA, 4)
    return image


def write_model(source: Source, content: bytes, photos: Path) -> None:
    """Write the weights and their card; the network then holds them too."""
    tensors = convert(source.network, content)
    fill_network(source.network, tensors)
    packed = save(tensors, metadata={"licence": "Apache-2.0", "origin": "MediaPipe Hands"})
    path = ROOT / "models" / f"{source.name}.safetensors"
    path.write_bytes(packed)
    images = photographs(photos, source.input_size)
    card = {
        "name": source.name,
        "sha256": hashlib.sha256(packed).hexdigest(),
        "bytes": len(packed),
        "licence": "Apache-2.0",
        "origin": origin(source.tflite, content),
        "how_made": "tools/convert_landmark_models.py: the float16 weights of the file, unchanged, in PyTorch's layout",
        "measured": {
            "agreement_with_tflite": {
                "how": "largest difference from ai-edge-litert over each output's range, float32, one value an output",
                "photographs": len(images),
                "values": [float(f"{v:.1e}") for v in disagreement(source, content, images)],
            }
        },
    }
    path.with_suffix(".yaml").write_text(yaml.safe_dump(card, sort_keys=False, width=110), encoding="utf-8")
    print(path.name, f"{len(packed) / 1e6:.1f} MB", card["measured"]["agreement_with_tflite"]["values"])


def origin(file: str, content: bytes) -> dict[str, Any]:
    return {
        "authors": "The MediaPipe Authors (Google)",
        "file": file,
        "sha256": hashlib.sha256(content).hexdigest(),
        "package": "mediapipe 0.10.21, https://pypi.org/project/mediapipe/0.10.21/",
        "paper": "Zhang et al., MediaPipe Hands: On-device Real-time Hand Tracking, 2020, arXiv:2006.10214",
    }


def write_references(source: Source, content: bytes) -> None:
    """Keep renders and the interpreter's answers for the tests; of the detector's 2016 boxes every eighth."""
    images = renders(source.input_size)
    answers = interpret(source, content, images)
    if source.name == "palm_detector":
        answers[0] = answers[0][:, ::8]
    arrays = dict(zip(source.outputs, answers, strict=True), images=images)
    np.savez_compressed(ROOT / "tests" / "data" / f"{source.name}_reference.npz", **arrays)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("photos", type=Path)
    arguments = parser.parse_args()
    for source in SOURCES:
        (path,) = arguments.folder.rglob(source.tflite)
        content = path.read_bytes()
        write_model(source, content, arguments.photos)
        write_references(source, content)


if __name__ == "__main__":
    main()
