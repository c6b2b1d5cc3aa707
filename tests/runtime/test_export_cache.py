"""What the export cache takes and what it makes again; the export itself is replaced where only the cache is tested."""

from __future__ import annotations

import dataclasses
import hashlib
import subprocess
import sys

import onnx
import pytest

from hand_recon_ros.networks.cards import read_card
from hand_recon_ros.runtime import export_cache
from hand_recon_ros.runtime.export_cache import cached_onnx

NAME = "hand_landmark_lite"


@pytest.fixture
def exports(tmp_path, monkeypatch) -> list[str]:
    """An empty cache whose exports are quick; the list names them."""
    made: list[str] = []

    def export(name, engine, path):
        made.append(f"{name} {engine}")
        path.write_bytes(f"{name} {engine}".encode() * 1000)

    monkeypatch.setenv("HAND_RECON_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(export_cache, "_export_in_child", export)
    return made


def test_an_export_is_made_once_for_each_network_and_engine(exports, tmp_path):
    first = cached_onnx(NAME, "openvino")
    assert cached_onnx(NAME, "openvino") == first
    assert cached_onnx(NAME, "onnxruntime") != first
    assert exports == [f"{NAME} openvino", f"{NAME} onnxruntime"]
    assert {p.suffix for p in (tmp_path / "cache").iterdir()} == {".onnx"}, "nothing half-made is left behind"


@pytest.mark.parametrize("damage", [lambda b: b[:-100], lambda b: b"\x00" + b[1:], lambda b: b""])
def test_a_damaged_export_is_made_again(exports, damage):
    path = cached_onnx(NAME, "openvino")
    sound = path.read_bytes()
    path.write_bytes(damage(sound))
    assert cached_onnx(NAME, "openvino").read_bytes() == sound
    assert len(exports) == 2


@pytest.fixture
def weights(monkeypatch, tmp_path):
    """A file that stands for the network's weights, with a card that fits it."""
    path = tmp_path / "weights.safetensors"
    path.write_bytes(b"other weights")
    card = dataclasses.replace(
        read_card(f"{NAME}.safetensors"), sha256=hashlib.sha256(b"other weights").hexdigest(), bytes=13
    )
    monkeypatch.setattr(export_cache, "read_card", lambda weights: card)
    monkeypatch.setattr(export_cache, "shared_file", lambda folder, name: path)
    return path


def test_other_weights_need_another_export(exports, request):
    cached_onnx(NAME, "openvino")
    request.getfixturevalue("weights")
    cached_onnx(NAME, "openvino")
    assert len(exports) == 2


@pytest.mark.parametrize("damage", [b"other weighty", b"short"])
def test_damaged_weights_are_told_although_their_export_is_there(exports, weights, damage):
    cached_onnx(NAME, "openvino")
    weights.write_bytes(damage)
    with pytest.raises(ValueError, match="install it again"):
        cached_onnx(NAME, "openvino")


def test_a_failed_export_leaves_nothing_and_is_tried_again(exports, monkeypatch, tmp_path):
    def fail(name, engine, path):
        path.write_bytes(b"half of it")
        raise RuntimeError("exporting failed")

    with monkeypatch.context() as patched:
        patched.setattr(export_cache, "_export_in_child", fail)
        with pytest.raises(RuntimeError, match="exporting failed"):
            cached_onnx(NAME, "openvino")
    assert not list((tmp_path / "cache").iterdir())
    assert cached_onnx(NAME, "openvino").stat().st_size


def test_a_cache_that_cannot_be_written_names_the_variable(exports, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("HAND_RECON_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(RuntimeError, match="let HAND_RECON_CACHE name a folder that is writable"):
        cached_onnx(NAME, "openvino")


def test_the_last_words_of_a_failing_exporter_are_passed_on(tmp_path):
    with pytest.raises(RuntimeError, match=r"exporting nothing to ONNX failed.*got 'nothing'; correct the name"):
        export_cache._export_in_child("nothing", "openvino", tmp_path / "network.onnx")


def test_an_export_for_onnx_runtime_holds_no_prelu_and_a_free_batch(tmp_path):
    path = tmp_path / "network.onnx"
    export_cache._export_in_child("palm_detector", "onnxruntime", path)
    model = onnx.load(path)
    assert "PRelu" not in {node.op_type for node in model.graph.node}
    (images,) = model.graph.input
    assert images.type.tensor_type.elem_type == onnx.TensorProto.UINT8
    assert images.type.tensor_type.shape.dim[0].dim_param


@pytest.mark.parametrize("engine", ["openvino", "onnxruntime"])
def test_the_cpu_path_never_imports_torch(engine):
    if engine == "openvino":
        pytest.importorskip("openvino")
    code = (
        "import sys; from hand_recon_ros.runtime import load_engine;"
        f"load_engine({NAME!r}, 'cpu', 1, engine={engine!r}); sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
