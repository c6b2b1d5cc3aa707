"""Who gets the device path, what is said when it cannot work, and that the CPU path knows nothing of it."""

import logging
import subprocess
import sys

import numpy as np
import pytest
import torch

from hand_recon_ros import HandPipeline
from hand_recon_ros.device import loading as on_device
from hand_recon_ros.device.reconstructor import DeviceFit
from hand_recon_ros.pipeline.landmark_fit import LandmarkFit
from hand_recon_ros.pipeline.loading import Options, load_model
from hand_recon_ros.pipeline.recipes import find_recipe
from hand_recon_ros.pipeline.settings import Settings

without_cuda = pytest.mark.skipif(torch.cuda.is_available(), reason="CUDA works here")


@pytest.fixture
def a_driver(monkeypatch):
    """A driver that offers a CUDA device, which this PyTorch cannot use."""
    monkeypatch.setattr("hand_recon_ros.runtime.device.cuda_device_count", lambda: 1)


@without_cuda
def test_asking_for_cuda_that_does_not_work_is_one_sentence(a_driver):
    with pytest.raises(RuntimeError, match=r"PyTorch .* cannot use it; .* or use device cpu") as error:
        HandPipeline.create(device="cuda")
    assert "\n" not in str(error.value)


@without_cuda
def test_auto_goes_on_with_the_cpu_and_says_so(a_driver, caplog):
    with caplog.at_level(logging.WARNING):
        loaded = load_model("default", Settings(), Options("auto", 1, precision="float16"))
    assert isinstance(loaded.reconstructor, LandmarkFit)
    assert f"CUDA does not work, so that {find_recipe('default').name} runs on the CPU" in caplog.text


def test_a_long_error_of_cuda_becomes_one_sentence(monkeypatch):
    def fail(*_):
        raise RuntimeError("CUDA error: out of memory\nCompile with `TORCH_USE_CUDA_DSA`\n")

    monkeypatch.setattr(on_device, "load_parts", fail)
    with pytest.raises(RuntimeError, match=r"^CUDA failed while loading: CUDA error: out of memory; use device cpu$"):
        on_device.load_on_device(find_recipe("default"), Settings(), "cpu")


def test_a_missing_pytorch_is_one_sentence(monkeypatch, a_driver):
    monkeypatch.setitem(sys.modules, "hand_recon_ros.device.loading", None)
    with pytest.raises(RuntimeError, match="needs PyTorch, which cannot be imported"):
        load_model("default", Settings(), Options("cuda"))


def test_the_default_model_gets_the_path(monkeypatch, a_driver):
    def load(recipe, settings, device, precision):
        assert device == "cuda"
        return on_cpu(recipe, settings, "cpu", precision)

    on_cpu = on_device.load_on_device
    monkeypatch.setattr(on_device, "load_on_device", load)
    loaded = load_model("default", Settings(), Options("cuda"))
    assert isinstance(loaded.reconstructor, DeviceFit)
    assert all(text.startswith("CUDA graphs, float32, sha256") for text in list(loaded.description.values())[1:])


@without_cuda
def test_models_without_a_lifter_keep_their_engines(monkeypatch, a_driver):
    monkeypatch.setattr(on_device, "load_on_device", lambda *_: pytest.fail("these are not for it"))
    with pytest.raises(RuntimeError, match="cannot use it"):
        load_model("landmarks_lite", Settings(), Options("cuda"))


def test_precisions_and_models_that_cannot_be(a_driver):
    with pytest.raises(ValueError, match="precision out of float32, float16, got 'bfloat16'"):
        on_device.load_on_device(find_recipe("default"), Settings(), "cpu", "bfloat16")
    with pytest.raises(ValueError, match="model with a lifter, got landmarks_full"):
        on_device.load_on_device(find_recipe("landmarks_full"), Settings(), "cpu")


@pytest.mark.skipif(torch.cuda.is_available(), reason="CUDA works here, and takes float16")
def test_a_cpu_does_not_compute_in_float16():
    with pytest.raises(ValueError, match="on cpu in float16"):
        HandPipeline.create(device="cpu", precision="float16")


def test_half_precision_stays_near():
    """Landmarks in float16 moved by 0.04 pixels of the crop on average, 0.4 at most, on photographs."""
    crops = np.random.default_rng(0).integers(0, 256, (1, 224, 224, 3)).astype(np.float32)
    exact, half = (
        on_device._network("hand_landmark_full", torch.device("cpu"), precision)(torch.from_numpy(crops))
        for precision in on_device.PRECISIONS
    )
    assert (exact[0] - half[0].float()).abs().mean() < 0.5


def test_the_cpu_path_imports_neither_torch_nor_the_device_path():
    code = (
        "import sys, numpy as np; from hand_recon_ros import HandPipeline; "
        "HandPipeline.create(device='cpu', threads=1)(np.zeros((48, 64, 3), np.uint8)); "
        "sys.exit(any(name == 'torch' or name.startswith('hand_recon_ros.device') for name in sys.modules))"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
