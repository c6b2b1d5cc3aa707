"""Fixtures for all tests."""

from __future__ import annotations

import numpy as np
import pytest

from hand_recon_ros.camera import project
from hand_recon_ros.hand_model import load_free_hand, skin
from hand_recon_ros.types import CameraModel, Hand, HandFrame, Pose, Roi, ScaleSource, Side, Timing

CAMERA = CameraModel(300.0, 300.0, 159.5, 119.5, 320, 240)
FACING = np.array([[0.0, 0.0, -1.0], [-1.0, 0.0, 0.0], [0.0, 1.0, 0.0]], np.float32)


def resting_hand(side: Side, position: tuple[float, float, float], track_id: int) -> Hand:
    """A free hand at rest, its back or palm to the camera, the middle of its mesh at a position."""
    model = load_free_hand(side)
    rotations = np.tile(np.eye(3, dtype=np.float32), (16, 1, 1))
    rotations[0] = FACING
    vertices, joints = skin(model, rotations, np.zeros(10, np.float32))
    shift = np.array(position, np.float32) - vertices.mean(axis=0)
    vertices, joints = vertices + shift, joints + shift
    pixels = project(CAMERA, joints)
    low, high = pixels.min(axis=0).astype(int).tolist(), pixels.max(axis=0).astype(int).tolist()
    return Hand(
        side,
        0.9,
        0.987654,
        track_id,
        ScaleSource.METRIC,
        joints,
        pixels,
        np.full(21, np.nan, np.float32),
        vertices,
        model.faces,
        Pose(FACING, joints[0]),
        Roi(low[0], low[1], high[0] - low[0], high[1] - low[1]),
        np.zeros((16, 3), np.float32),
        np.zeros(10, np.float32),
        model.name,
    )


@pytest.fixture
def two_hands() -> HandFrame:
    """A right hand (track 7) on the left of a 320x240 picture, and a left hand (untracked) on its right, farther."""
    hands = (resting_hand(Side.RIGHT, (-0.13, 0, 0.5), 7), resting_hand(Side.LEFT, (0.15, 0, 0.6), 0))
    return HandFrame(hands, CAMERA, 1_500_000_000, "camera", Timing(0.5, 1.25, 2.0, 0.25, 4.0))
