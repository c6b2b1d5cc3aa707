"""What the export cache takes and what it makes again; the export itself is replaced where only the cache is tested."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import subprocess
import sys

import onnx
import pytest

from hand_recon_ros.hand_model import load_free_hand
from hand_recon_ros.networks import cards
from hand_recon_ros.networks.cards import read_card
from hand_recon_ros.networks.conformance.seeding import synthetic_hand
from hand_recon_ros.runtime import export_cache
from hand_recon_ros.runtime.build import Build, digest_of, read_build, save_build
from hand_recon_ros.runtime.export_cache import cached_onnx
from hand_recon_ros.types import Side

NAME = "hand_landmark_lite"
BUILD = Build(NAME)


@pytest.fixture
def exports(tmp_path, monkeypatch) -> list[str]:
    """An empty cache whose exports are quick; the list names them."""
    made: list[str] = []

    def export(build, engine, path):
        made.append(f"{build.name} {engine}")
        path.write_bytes(f"{build.name} {engine}".encode() * 1000)

    monkeypatch.setenv("HAND_RECON_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(export_cache, "_export_in_child", export)
    return made


def test_an_export_is_made_once_for_each_network_and_engine(exports, tmp_path):
    first = cached_onnx(BUILD, "openvino")
    assert cached_onnx(BUILD, "openvino") == first
    assert cached_onnx(BUILD, "onnxruntime") != first
    assert exports == [f"{NAME} openvino", f"{NAME} onnxruntime"]
    made = sorted((tmp_path / "cache").glob("*/*"))
    assert [path.name for path in made] == ["network.onnx"] * 2, "nothing half-made is left behind"


def test_mesh_networks_have_one_export_for_all_engines_and_one_for_each_hand(exports):
    mesh = Build("smhr_single", load_free_hand(), random_weights=True)
    first = cached_onnx(mesh, "openvino")
    assert cached_onnx(mesh, "onnxruntime") == first
    assert cached_onnx(dataclasses.replace(mesh, hand_model=synthetic_hand(Side.RIGHT)), "openvino") != first
    assert cached_onnx(dataclasses.replace(mesh, left=load_free_hand(Side.LEFT)), "openvino") != first
    assert len(exports) == 3


def test_a_mesh_network_without_weights_says_how_to_import_them(exports, tmp_path, monkeypatch):
    monkeypatch.setenv("HAND_RECON_MODELS", str(tmp_path))
    with pytest.raises(FileNotFoundError, match="run `hand-recon models import smhr_single FILE`"):
        cached_onnx(Build("smhr_single", load_free_hand()), "openvino")


def test_only_the_exports_used_last_are_kept(exports, tmp_path):
    hands = [dataclasses.replace(load_free_hand(), name=f"hand {k}") for k in range(6)]
    made = [cached_onnx(Build("smhr_single", hand, random_weights=True), "openvino") for hand in hands[:4]]
    os.utime(made[1].parent, (0, 0))
    other = cached_onnx(BUILD, "openvino")
    last = [cached_onnx(Build("smhr_single", hand, random_weights=True), "openvino") for hand in hands[4:5]]
    kept = set((tmp_path / "cache").iterdir())
    assert kept == {path.parent for path in (made[0], made[2], made[3], other, *last)}


@pytest.mark.parametrize("hand", [None, load_free_hand(), synthetic_hand(Side.LEFT)])
def test_a_build_comes_back_as_it_was_written(tmp_path, hand):
    build = Build("smhr_multi", hand, None, random_weights=hand is not None)
    save_build(build, tmp_path / "build.npz")
    again = read_build(tmp_path / "build.npz")
    assert digest_of(again) == digest_of(build) if build.random_weights else again == build
    assert (again.name, again.left, again.random_weights) == (build.name, None, build.random_weights)
    assert (again.hand_model and again.hand_model.side) == (hand and hand.side)


@pytest.mark.parametrize("damage", [lambda b: b[:-100], lambda b: b"\x00" + b[1:], lambda b: b""])
def test_a_damaged_export_is_made_again(exports, damage):
    path = cached_onnx(BUILD, "openvino")
    sound = path.read_bytes()
    path.write_bytes(damage(sound))
    assert cached_onnx(BUILD, "openvino").read_bytes() == sound
    assert len(exports) == 2


@pytest.fixture
def weights(monkeypatch, tmp_path):
    """A file that stands for the network's weights, with a card that fits it."""
    path = tmp_path / "weights.safetensors"
    path.write_bytes(b"other weights")
    card = dataclasses.replace(
        read_card(f"{NAME}.safetensors"), sha256=hashlib.sha256(b"other weights").hexdigest(), bytes=13
    )
    monkeypatch.setattr(cards, "read_card", lambda weights: card)
    monkeypatch.setattr(cards, "shared_file", lambda folder, name: path)
    return path


def test_other_weights_need_another_export(exports, request):
    cached_onnx(BUILD, "openvino")
    request.getfixturevalue("weights")
    cached_onnx(BUILD, "openvino")
    assert len(exports) == 2


@pytest.mark.parametrize("damage", [b"other weighty", b"short"])
def test_damaged_weights_are_told_although_their_export_is_there(exports, weights, damage):
    cached_onnx(BUILD, "openvino")
    weights.write_bytes(damage)
    with pytest.raises(ValueError, match="install it again"):
        cached_onnx(BUILD, "openvino")


def test_a_failed_export_leaves_nothing_and_is_tried_again(exports, monkeypatch, tmp_path):
    def fail(build, engine, path):
        path.write_bytes(b"half of it")
        raise RuntimeError("exporting failed")

    with monkeypatch.context() as patched:
        patched.setattr(export_cache, "_export_in_child", fail)
        with pytest.raises(RuntimeError, match="exporting failed"):
            cached_onnx(BUILD, "openvino")
    assert not list((tmp_path / "cache").iterdir())
    assert cached_onnx(BUILD, "openvino").stat().st_size


def test_a_cache_that_cannot_be_written_names_the_variable(exports, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("HAND_RECON_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(RuntimeError, match="let HAND_RECON_CACHE name a folder that is writable"):
        cached_onnx(BUILD, "openvino")


def test_the_last_words_of_a_failing_exporter_are_passed_on(tmp_path):
    (tmp_path / "made").mkdir()
    with pytest.raises(RuntimeError, match=r"exporting nothing to ONNX failed.*got 'nothing'; correct the name"):
        export_cache._export_in_child(Build("nothing"), "openvino", tmp_path / "made" / "network.onnx")


def test_an_export_for_onnx_runtime_holds_no_prelu_and_a_free_batch(tmp_path):
    path = tmp_path / "made" / "network.onnx"
    path.parent.mkdir()
    export_cache._export_in_child(Build("palm_detector"), "onnxruntime", path)
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
