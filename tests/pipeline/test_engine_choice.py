"""Which engine runs the networks does not show in the results: the clip, against plain PyTorch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.util import find_spec

import numpy as np
import pytest
import torch

from hand_recon_ros.hand_model import load_free_hand
from hand_recon_ros.node.bag_frames import bag_frames
from hand_recon_ros.paths import shared_file
from hand_recon_ros.pipeline import HandRig
from hand_recon_ros.pipeline.finding import EngineNetworks, HandFinder
from hand_recon_ros.pipeline.landmark_fit import LandmarkFit
from hand_recon_ros.pipeline.loading import fit_of
from hand_recon_ros.pipeline.recipes import find_recipe, load_articulation
from hand_recon_ros.pipeline.settings import Settings
from hand_recon_ros.runtime import Engine, load_engine
from hand_recon_ros.types import Hand

EVERY = 3
"""Of the clip's 75 pictures: hands move further from one to the next than they do live."""
RECIPE = find_recipe("default")
Call = Callable[[np.ndarray], tuple[np.ndarray, ...]]

needs_cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
needs_openvino = pytest.mark.skipif(find_spec("openvino") is None, reason="OpenVINO has no wheels for this machine")


def recording(engine: Engine, seen: list[np.ndarray]) -> Call:
    """An engine that keeps what it is shown."""
    return lambda images: seen.append(images) or engine(images)


def replaying(engine: Engine, seen: list[np.ndarray]) -> Call:
    """An engine that is shown what another one saw.

    A crop that lies a ten-thousandth of a pixel elsewhere has other bytes, and landmarks that move a tenth: tracking
    would show how steady the networks are, not how well engines agree.
    """
    shown = iter(seen)
    return lambda _: engine(next(shown))


def hands_of_the_clip(networks: Sequence[Call]) -> list[Hand]:
    """The clip's hands as the default model tracks them with these networks."""
    hand, settings = load_free_hand(), Settings(tracking=True, max_hands=2)
    points = load_articulation(hand, RECIPE)
    finder = HandFinder(EngineNetworks(*networks), settings)
    rig = HandRig(finder, LandmarkFit(hand, points, fit_of(RECIPE, points)), settings)
    frames = list(bag_frames(shared_file("examples", "two_hands.mcap")))[::EVERY]
    return [hand for frame in frames for hand in rig({"": frame})[""].hands]


def engines(name: str, device: str = "cpu") -> list[Engine]:
    return [load_engine(network, device, threads=1, engine=name) for network in RECIPE.networks]


@pytest.fixture(scope="module")
def plain() -> tuple[list[Hand], list[list[np.ndarray]]]:
    """Hands, and what the two networks were shown."""
    seen: list[list[np.ndarray]] = [[], []]
    hands = hands_of_the_clip([recording(engine, shown) for engine, shown in zip(engines("torch"), seen, strict=True)])
    assert len(hands) == 2 * 75 // EVERY
    return hands, seen


@pytest.mark.parametrize(
    ("name", "device"),
    [
        ("onnxruntime", "cpu"),
        pytest.param("openvino", "cpu", marks=needs_openvino),
        pytest.param("torch", "cuda", marks=needs_cuda),
    ],
)
def test_hands_are_those_of_plain_pytorch(plain, name, device):
    expected, seen = plain
    networks = [replaying(engine, shown) for engine, shown in zip(engines(name, device), seen, strict=True)]
    for ours, theirs in zip(hands_of_the_clip(networks), expected, strict=True):
        assert (ours.track_id, ours.side) == (theirs.track_id, theirs.side)
        np.testing.assert_allclose(ours.vertices, theirs.vertices, rtol=0, atol=1e-4)
        np.testing.assert_allclose(ours.joints, theirs.joints, rtol=0, atol=1e-4)
        np.testing.assert_allclose(ours.joints_2d, theirs.joints_2d, rtol=0, atol=0.1)
