"""Angles and frames of the bones, from joints alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hand_recon_ros.hand_model import (
    ANGLES,
    FingerBones,
    axis_angle_to_matrix,
    finger_bones,
    free_hand_anatomy,
    joint_angles,
    load_free_hand,
    rotations_from_angles,
    skin,
)
from hand_recon_ros.types import Side

MIRROR = np.array([-1, 1, 1])
ROOTS = {"index": 0, "middle": 3, "pinky": 6, "ring": 9, "thumb": 12}
SEEDS = st.integers(0, 2**32 - 1)


def posed(angles: np.ndarray, betas: np.ndarray | None = None, root: np.ndarray | None = None) -> np.ndarray:
    """Joints (21, 3) of a right hand, turned by root (3,), in axes and order of the free hand's own pose."""
    local = rotations_from_angles(free_hand_anatomy().axes.astype(np.float64), angles)
    turn = axis_angle_to_matrix(np.zeros((1, 3)) if root is None else root[None])
    rotations = np.concatenate([turn, local])
    return skin(load_free_hand(), rotations, np.zeros(10) if betas is None else betas)[1]


def joint_row(finger: str, joint: str) -> int:
    """Place of a joint in the free hand's own pose."""
    return ROOTS[finger] + (("cmc", "mcp", "ip") if finger == "thumb" else ("mcp", "pip", "dip")).index(joint)


def named(joints: np.ndarray, side: Side = Side.RIGHT) -> dict[str, float]:
    """Degrees of every angle by its name."""
    return dict(zip(ANGLES, np.degrees(joint_angles(finger_bones(joints, side))).tolist(), strict=True))


def test_names_are_stable() -> None:
    assert ANGLES[:5] == (
        "thumb_cmc_flexion",
        "thumb_cmc_abduction",
        "thumb_mcp_flexion",
        "thumb_mcp_abduction",
        "thumb_ip_flexion",
    )
    for finger, start in (("index", 5), ("middle", 9), ("ring", 13), ("pinky", 17)):
        moves = ("mcp_flexion", "mcp_abduction", "pip_flexion", "dip_flexion")
        assert ANGLES[start : start + 4] == tuple(f"{finger}_{move}" for move in moves)


@settings(deadline=None)
@given(SEEDS)
def test_the_flat_hand_is_zero_wherever_it_is(seed: int) -> None:
    rng = np.random.default_rng(seed)
    joints = posed(np.zeros((15, 3)), root=rng.normal(size=3) * 2) * rng.uniform(0.5, 1.5) + rng.normal(size=3)
    assert list(named(joints).values()) == pytest.approx([0] * 21, abs=1e-4)
    assert list(named(joints * MIRROR, Side.LEFT).values()) == pytest.approx([0] * 21, abs=1e-4)


@settings(deadline=None)
@given(SEEDS)
def test_flat_hands_of_all_shapes_are_nearly_zero(seed: int) -> None:
    betas = np.random.default_rng(seed).normal(size=10).clip(-2, 2)
    assert max(map(abs, named(posed(np.zeros((15, 3)), betas)).values())) < 6


@pytest.mark.parametrize("side", [Side.RIGHT, Side.LEFT])
@pytest.mark.parametrize("name", ANGLES)
def test_one_turn_of_the_model_is_one_angle_with_the_same_sign_on_both_sides(name: str, side: Side) -> None:
    finger, joint, kind = name.split("_")
    angles = np.zeros((15, 3))
    angles[joint_row(finger, joint), ["flexion", "abduction"].index(kind)] = np.radians(10)
    joints = posed(angles) * (MIRROR if side == Side.LEFT else 1)
    found = named(joints, side)
    assert found.pop(name) == pytest.approx(10, abs=1)
    assert max(map(abs, found.values())) < 1


@pytest.mark.parametrize("flexion", [85.0, 90.0, 95.0])
def test_a_fist_does_not_disturb_the_abduction(flexion: float) -> None:
    """The other order of the two turns has its singularity here, where hands are often."""
    angles = np.zeros((15, 3))
    angles[0] = np.radians([flexion, 0, 0])
    noise = np.random.default_rng(0).normal(size=(20, 21, 3)) * 0.0005
    for shift in noise:
        found = named(posed(angles) + shift)
        assert found["index_mcp_abduction"] == pytest.approx(0, abs=6)
        assert found["index_mcp_flexion"] == pytest.approx(flexion, abs=6)


DEGREES_OFF = {"pinky_dip_flexion": 9.0, "thumb_mcp_flexion": 4.0}


@settings(deadline=None)
@given(SEEDS)
def test_flexion_is_that_of_the_model_in_any_pose(seed: int) -> None:
    """But for the thumb's joint and the pinky's tip, whose bone the skin of the model moves with the pose."""
    rng = np.random.default_rng(seed)
    anatomy = free_hand_anatomy()
    angles = anatomy.lower + (anatomy.upper - anatomy.lower) * rng.uniform(size=(15, 3))
    angles[:, 1:] *= 0.3
    found = named(posed(angles, root=rng.normal(size=3)))
    for name, value in found.items():
        finger, joint, kind = name.split("_")
        if kind == "flexion":
            expected = np.degrees(angles[joint_row(finger, joint), 0])
            assert value == pytest.approx(expected, abs=DEGREES_OFF.get(name, 2.0)), name


@settings(deadline=None)
@given(SEEDS, st.sampled_from([Side.LEFT, Side.RIGHT]))
def test_frames_are_rotations_along_the_bones(seed: int, side: Side) -> None:
    joints = np.random.default_rng(seed).normal(size=(21, 3))
    frames = finger_bones(joints, side).frames
    assert np.linalg.det(frames) == pytest.approx(np.ones((5, 3)))
    assert frames @ np.swapaxes(frames, -1, -2) == pytest.approx(np.tile(np.eye(3), (5, 3, 1, 1)), abs=1e-9)
    bones = np.diff(joints[1:].reshape(5, 4, 3), axis=1)
    assert frames[..., 2] == pytest.approx(bones / np.linalg.norm(bones, axis=-1, keepdims=True), abs=1e-6)


def test_frames_of_straight_fingers_are_about_the_operator_frame() -> None:
    joints = posed(np.zeros((15, 3)))  # fingers to -x, palm to -y, thumb to +z
    right = finger_bones(joints, Side.RIGHT).frames[1:]
    left = finger_bones(joints * MIRROR, Side.LEFT).frames[1:]
    for column, axis, mirrored in ((0, (0, -1, 0), (0, -1, 0)), (1, (0, 0, 1), (0, 0, -1)), (2, (-1, 0, 0), (1, 0, 0))):
        assert (right[..., column] @ axis > 0.85).all()
        assert (left[..., column] @ mirrored > 0.85).all()


def test_a_bone_without_length_or_place_gives_no_surprise() -> None:
    assert np.isfinite(joint_angles(finger_bones(np.zeros((21, 3)), Side.RIGHT))).all()
    bones = finger_bones(posed(np.zeros((15, 3))), Side.UNKNOWN)
    assert isinstance(bones, FingerBones)
    assert bones.flexion == pytest.approx(np.zeros((5, 3)), abs=1e-5)
