"""Real photographs of hands, which may be used for tests but not passed on; they lie beside a checkout, if at all."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from hand_recon_ros import HandPipeline, Side
from hand_recon_ros.camera import project
from hand_recon_ros.hand_model import free_hand_anatomy
from hand_recon_ros.pipeline.landmarks import distinct_hands
from hand_recon_ros.sources.images import read_image

FOLDER = Path(os.environ.get("HAND_RECON_REAL_IMAGES", Path(__file__).parents[3] / "shared" / "real_images"))
pytestmark = pytest.mark.skipif(
    not FOLDER.is_dir(), reason="the photographs may not be passed on; name their folder in HAND_RECON_REAL_IMAGES"
)


@pytest.fixture(scope="module")
def found():
    """The frame of each photograph by file name."""
    pipeline = HandPipeline.create(device="cpu", threads=1, max_hands=8)
    return {path.name: pipeline(read_image(path)) for path in sorted(FOLDER.glob("*.[jp][pn]g"))}


def hands_in(found, prefix):
    return {name: frame.hands for name, frame in found.items() if name.startswith(prefix)}


def test_every_single_hand_is_found_once_and_is_a_right_one(found):
    frames = hands_in(found, "freihand_")
    assert len(frames) == 11
    assert {name: [hand.side for hand in hands] for name, hands in frames.items()} == {n: [Side.RIGHT] for n in frames}


def test_hands_that_hold_objects_are_found(found):
    counts = [len(hands) for hands in hands_in(found, "ho3d_").values()]
    assert len(counts) == 5 and max(counts) == 1
    assert sum(counts) >= 4


def test_several_hands_in_a_picture_are_found_once_each(found):
    frames = hands_in(found, "multihand_")
    assert len(frames) == 8
    assert np.mean([len(hands) for hands in frames.values()]) >= 2.0
    for hands in frames.values():
        pixels = np.stack([hand.joints_2d for hand in hands])
        assert len(distinct_hands(pixels, np.ones(len(hands)))) == len(hands)


def test_meshes_lie_on_what_was_seen(found):
    shares = []
    for frame in found.values():
        for hand in frame.hands:
            off = np.linalg.norm(project(frame.camera, hand.joints) - hand.joints_2d, axis=1).mean()
            shares.append(off / max(hand.roi.width, hand.roi.height))
    assert np.mean(shares) < 0.04


def test_no_joint_leaves_its_limits(found):
    """Limits hold for angles about three axes; turned into one rotation, none may exceed their sum."""
    anatomy = free_hand_anatomy()
    most = np.maximum(np.abs(anatomy.lower), np.abs(anatomy.upper)).sum(axis=1)
    for frame in found.values():
        for hand in frame.hands:
            assert (np.linalg.norm(hand.pose[1:], axis=1) <= most + 1e-4).all()
