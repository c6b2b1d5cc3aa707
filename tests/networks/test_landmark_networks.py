"""The converted networks against the answers of the TFLite interpreter, on renders and, where they are, photographs."""

from __future__ import annotations

import importlib
import os
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
import torch

from hand_recon_ros.networks import create_network, find_network

ROOT = Path(__file__).parents[2]
LANDMARK_NETWORKS = ("hand_landmark_full", "hand_landmark_lite")
OUTPUTS = {
    "palm_detector": ("Identity", "Identity_1"),
    **dict.fromkeys(LANDMARK_NETWORKS, ("Identity", "Identity_1", "Identity_2", "Identity_3")),
}
PHOTOS = Path(os.environ.get("HAND_RECON_REAL_IMAGES", ROOT.parent / "shared" / "real_images"))
TFLITE = Path(os.environ.get("HAND_RECON_TFLITE", "/nonexistent"))


@lru_cache
def network(name: str) -> torch.nn.Module:
    return create_network(name)


def run(name: str, images: np.ndarray) -> list[np.ndarray]:
    with torch.inference_mode():
        return [output.numpy() for output in network(name)(torch.from_numpy(images))]


def reference(name: str) -> dict[str, np.ndarray]:
    with np.load(ROOT / "tests" / "data" / f"{name}_reference.npz") as stored:
        return dict(stored)


@pytest.mark.parametrize("name", OUTPUTS)
def test_outputs_agree_with_the_tflite_interpreter_on_renders(name):
    stored = reference(name)
    outputs = run(name, stored["images"])
    if name == "palm_detector":
        outputs[0] = outputs[0][:, ::8]  # as stored
    for output, key in zip(outputs, OUTPUTS[name], strict=True):
        expected = stored[key].reshape(output.shape)
        assert np.abs(output - expected).max() < 1e-3 * np.ptp(expected), key


@pytest.mark.parametrize("name", OUTPUTS)
@pytest.mark.skipif(not (PHOTOS.is_dir() and TFLITE.is_dir()), reason="needs photographs and HAND_RECON_TFLITE")
def test_outputs_agree_with_the_tflite_interpreter_on_photographs(name, monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "tools")
    tool = importlib.import_module("convert_landmark_models")
    (source,) = [s for s in tool.SOURCES if s.name == name]
    (path,) = TFLITE.rglob(source.tflite)
    source.network.load_state_dict(network(name).state_dict())
    photos = tool.photographs(PHOTOS, source.input_size)
    assert len(photos) == 10
    assert max(tool.disagreement(source, path.read_bytes(), photos)) < 1e-3


@pytest.mark.parametrize("name", OUTPUTS)
def test_a_batch_equals_its_single_images(name):
    images = reference(name)["images"]
    together = run(name, images)
    for k in range(len(images)):
        for whole, single in zip(together, run(name, images[k : k + 1]), strict=True):
            np.testing.assert_allclose(single[0], whole[k], atol=1e-5 * np.ptp(whole))


def test_the_detector_finds_the_palm_of_every_render():
    _, scores = run("palm_detector", reference("palm_detector")["images"])
    assert scores.shape == (3, 2016)
    assert (scores.max(axis=1) > 0).all()


@pytest.mark.parametrize("name", LANDMARK_NETWORKS)
def test_right_means_the_right_hand_of_an_image_that_is_not_mirrored(name):
    images = reference(name)["images"]  # of a right hand
    assert (run(name, images)[2] > 0.5).all()
    assert (run(name, images[:, :, ::-1].copy())[2] < 0.5).all()


@pytest.mark.parametrize("name", LANDMARK_NETWORKS)
def test_landmarks_are_pixels_of_the_crop_and_world_is_metres(name):
    landmarks, presence, _, world = run(name, reference(name)["images"])
    wrist, middle_tip = landmarks[:2, 0], landmarks[:2, 12]
    assert (presence > 0.5).all()
    assert (middle_tip[:, 1] < wrist[:, 1] - 80).all(), "the fingers of the renders point up"
    assert ((landmarks[..., :2] > 0) & (landmarks[..., :2] < 224)).all()
    length = np.linalg.norm(world[:2, 12] - world[:2, 0], axis=-1)
    assert ((length > 0.1) & (length < 0.25)).all()


@pytest.mark.parametrize("name", OUTPUTS)
def test_half_precision_runs_inside_the_graph(name):
    images = torch.from_numpy(reference(name)["images"][:1])
    with torch.inference_mode():
        outputs = create_network(name).bfloat16()(images)
    assert all(output.dtype == torch.bfloat16 for output in outputs)
    assert images.shape[1] == find_network(name).input_size
