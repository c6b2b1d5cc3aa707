"""Mesh networks in the engines: every one exports, and the export gives what PyTorch gives."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import torch

from hand_recon_ros.hand_model import load_free_hand
from hand_recon_ros.networks import find_intake, live_network, mesh_network_names
from hand_recon_ros.networks.conformance.seeding import seeded_image
from hand_recon_ros.networks.live import LiveHands
from hand_recon_ros.runtime import load_engine

LARGE = ("youtubehand_resnet50", "youtubehand_hrnet")
NAMES = [pytest.param(name, marks=pytest.mark.slow) for name in mesh_network_names()]


def pictures(name: str, count: int) -> np.ndarray:
    size = find_intake(name).size
    planes = seeded_image(f"{name} pictures", count, size, size)
    return np.ascontiguousarray(np.round(255 * planes).astype(np.uint8).transpose(0, 2, 3, 1))


def expect_near(ours: tuple[np.ndarray, ...], theirs: LiveHands) -> None:
    """Within 1e-4 of the range, which is 1 for probabilities; NaN where NaN is."""
    for name, output, wanted in zip(LiveHands._fields, ours, theirs, strict=True):
        assert output.dtype == np.float32
        reference = wanted.numpy()
        whole = name in ("score", "right") or np.isnan(reference).any()
        np.testing.assert_allclose(
            output, reference, rtol=0, atol=1e-4 * (1 if whole else np.ptp(reference)), equal_nan=True, err_msg=name
        )


@pytest.mark.parametrize("name", NAMES)
def test_the_export_agrees_with_pytorch_in_every_cpu_engine(name):
    """One export serves both engines; the large networks run in one of them."""
    hand, images = load_free_hand(), pictures(name, 2)
    network = live_network(name, hand, random_weights=True)
    with torch.inference_mode():
        expected = network(torch.from_numpy(images))
    del network
    for engine in ("onnxruntime",) if name in LARGE else ("onnxruntime", "openvino", "torch"):
        if engine == "openvino":
            pytest.importorskip("openvino")
        run = load_engine(name, "cpu", threads=1, engine=engine, hand_model=hand, random_weights=True)
        expect_near(run(images), expected)
        expect_near(run(images[1:]), LiveHands(*(output[1:] for output in expected)))
        assert [output.shape[0] for output in run(images[:0])] == [0] * 7


@pytest.mark.slow
def test_a_mesh_network_runs_without_torch_once_its_export_is_there():
    load_engine("smhr_single", "cpu", 1, engine="onnxruntime", hand_model=load_free_hand(), random_weights=True)
    code = (
        "import sys\nfrom hand_recon_ros.hand_model import load_free_hand\n"
        "from hand_recon_ros.runtime import load_engine\n"
        "load_engine('smhr_single', 'cpu', 1, hand_model=load_free_hand(), random_weights=True);"
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_pictures_of_another_size_are_refused():
    run = load_engine("smhr_single", "cpu", 1, engine="torch", hand_model=load_free_hand(), random_weights=True)
    with pytest.raises(ValueError, match=r"smhr_single takes uint8 images of shape \(B, 224, 224, 3\).*crop or resize"):
        run(np.zeros((1, 100, 100, 3), np.uint8))


def test_without_imported_weights_the_sentence_says_how_to_get_them(tmp_path, monkeypatch):
    monkeypatch.setenv("HAND_RECON_MODELS", str(tmp_path))
    for engine in ("onnxruntime", "torch"):
        with pytest.raises(FileNotFoundError, match=r"get the checkpoint that .* links to and run `hand-recon"):
            load_engine("handoccnet", "cpu", 1, engine=engine, hand_model=load_free_hand())
