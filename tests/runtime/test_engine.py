from __future__ import annotations

import subprocess
import sys
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import torch

from hand_recon_ros.networks import create_network, find_network, network_names
from hand_recon_ros.runtime import Engine, device, engine, load_engine

DATA = Path(__file__).parents[1] / "data"
SHIPPED = [name for name in network_names() if find_network(name).weights]
CPU_ENGINES = [
    pytest.param("openvino", marks=pytest.mark.skipif(not find_spec("openvino"), reason="needs openvino")),
    "onnxruntime",
    "torch",
]
needs_cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")


@lru_cache
def loaded(network: str, engine_name: str) -> Engine:
    return load_engine(network, "cpu", threads=1, engine=engine_name)


def hands(network: str) -> np.ndarray:
    kept_for = {"hand_sight": "hand_landmark_full"}.get(network, network)
    with np.load(DATA / f"{kept_for}_reference.npz") as stored:
        return stored["images"]


def expected(network: str, images: np.ndarray) -> list[np.ndarray]:
    with torch.inference_mode():
        return [output.numpy() for output in create_network(network)(torch.from_numpy(images))]


@pytest.mark.parametrize("engine_name", CPU_ENGINES)
@pytest.mark.parametrize("network", SHIPPED)
def test_engines_agree_with_the_network_for_any_batch(network, engine_name):
    images = hands(network)
    truth = expected(network, images)
    for batch in (3, 1, 2):
        outputs = loaded(network, engine_name)(images[:batch])
        for output, whole in zip(outputs, truth, strict=True):
            assert output.dtype == np.float32
            np.testing.assert_allclose(output, whole[:batch], rtol=0, atol=1e-4 * np.ptp(whole))


@pytest.mark.parametrize("engine_name", CPU_ENGINES)
def test_no_images_give_empty_outputs(engine_name):
    outputs = loaded("hand_landmark_lite", engine_name)(np.empty((0, 224, 224, 3), np.uint8))
    assert [o.shape for o in outputs] == [(0, 21, 3), (0,), (0,), (0, 21, 3)]


@pytest.mark.parametrize("engine_name", CPU_ENGINES)
def test_outputs_stay_as_they_are_when_the_engine_runs_again(engine_name):
    run, images = loaded("hand_landmark_lite", engine_name), hands("hand_landmark_lite")
    first = run(images[:1])
    before = [output.copy() for output in first]
    run(images[1:2])
    for output, kept in zip(first, before, strict=True):
        np.testing.assert_array_equal(output, kept)


SIGNAL_AFTER_ENGINES = """
import faulthandler, signal
faulthandler.enable()
from hand_recon_ros.runtime import load_engine
first, second = (load_engine("palm_detector", "cpu", threads=1, engine="openvino") for _ in range(2))
del first
del second
signal.signal(signal.SIGINT, lambda number, frame: print("heard"))
signal.raise_signal(signal.SIGINT)
"""


@pytest.mark.skipif(not find_spec("openvino"), reason="needs openvino")
def test_a_process_that_let_go_of_engines_lives_through_signals():
    done = subprocess.run([sys.executable, "-c", SIGNAL_AFTER_ENGINES], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "heard\n"), done.stderr


def test_views_of_other_memory_order_are_taken():
    run, images = loaded("hand_landmark_lite", "onnxruntime"), hands("hand_landmark_lite")
    mirrored = images[:, :, ::-1]
    for output, same in zip(run(mirrored), run(mirrored.copy()), strict=True):
        np.testing.assert_array_equal(output, same)


@pytest.mark.parametrize("images", [np.zeros((1, 192, 192, 3), np.uint8), np.zeros((1, 224, 224, 3), np.float32)])
def test_images_of_another_shape_or_type_are_refused(images):
    with pytest.raises(ValueError, match=r"takes uint8 images of shape \(B, 224, 224, 3\), got"):
        loaded("hand_landmark_lite", "onnxruntime")(images)


def test_info_says_what_runs(caplog):
    with caplog.at_level("INFO"):
        info = load_engine("hand_landmark_lite", "cpu", threads=1, engine="onnxruntime").info
    assert (info.network, info.device, info.engine) == ("hand_landmark_lite", "cpu", "onnxruntime")
    assert (info.precision, info.threads) == ("float32", 1)
    assert info.warmup_ms > 0
    assert info.export is not None and info.export.is_file()
    assert "hand_landmark_lite runs on cpu with onnxruntime, float32, threads: 1" in caplog.text


@pytest.mark.parametrize(
    ("chosen", "precision"), [("tensorrt", "float32"), ("openvino", "bfloat16"), ("onnxruntime", "float16")]
)
def test_engines_and_precisions_that_do_not_exist_are_refused(chosen, precision):
    with pytest.raises(ValueError, match=rf"openvino on cpu in float32.*got {chosen} on cpu in {precision}"):
        load_engine("palm_detector", "cpu", precision=precision, engine=chosen)


def test_an_unknown_network_is_refused():
    with pytest.raises(ValueError, match="expected a network out of palm_detector"):
        load_engine("mediapipe", "cpu")


@pytest.mark.skipif(torch.cuda.is_available(), reason="CUDA works here")
def test_auto_falls_back_to_the_cpu_when_cuda_does_not_work(monkeypatch, caplog):
    monkeypatch.setattr(device, "cuda_device_count", lambda: 1)
    assert load_engine("hand_landmark_lite", "auto", threads=1).info.device == "cpu"
    assert "CUDA does not work" in caplog.text
    with pytest.raises(RuntimeError, match="cannot use it; install a CUDA build"):
        load_engine("hand_landmark_lite", "cuda", threads=1)


@pytest.mark.parametrize(("machine", "wanted"), [("aarch64", "onnxruntime"), ("x86_64", "openvino")])
def test_the_default_engine_fits_the_processor(monkeypatch, machine, wanted):
    monkeypatch.setattr(engine.platform, "machine", lambda: machine)
    monkeypatch.setattr(engine, "find_spec", lambda name: object())
    assert engine.choose_engine("auto", "cpu", "float32") == wanted


@needs_cuda
@pytest.mark.parametrize("network", SHIPPED)
@pytest.mark.parametrize(("precision", "tolerance"), [("float32", 2e-3), ("float16", 1e-2)])
def test_cuda_agrees_with_the_network(network, precision, tolerance):
    """PyTorch's float32 convolutions on CUDA are TF32, with ten bits of mantissa."""
    images = hands(network)
    outputs = load_engine(network, "cuda", precision=precision)(images)
    for output, whole in zip(outputs, expected(network, images), strict=True):
        np.testing.assert_allclose(output, whole, rtol=0, atol=tolerance * np.ptp(whole))
