import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from hand_recon_ros.hand_model import angles_from_rotations, load_free_hand, rotations_from_angles, skin
from hand_recon_ros.types import Joint, Side

ZERO = np.zeros(10, np.float32)


def joints_of(anatomy, side=Side.RIGHT, **degrees):
    """Joints of a hand with some angles: joint number = (flexion, abduction, twist) in degrees."""
    angles = np.zeros((15, 3))
    for number, values in degrees.items():
        angles[int(number[1:])] = np.radians(values)
    rotations = np.concatenate([np.eye(3)[None], rotations_from_angles(anatomy.axes, angles)]).astype(np.float32)
    return skin(load_free_hand(side), rotations, ZERO)[1]


def test_axes_are_right_handed_and_orthonormal(anatomy):
    assert anatomy.axes @ np.swapaxes(anatomy.axes, 1, 2) == pytest.approx(np.tile(np.eye(3), (15, 1, 1)), abs=1e-5)
    assert np.linalg.det(anatomy.axes) == pytest.approx(np.ones(15), abs=1e-5)


def test_bones_lie_along_the_twist_axes(anatomy, hand):
    joints = hand.joints_template
    for joint in (1, 2, 4, 5, 7, 8, 10, 11, 13, 14):
        bone = joints[joint + 1] - joints[joint]
        assert anatomy.axes[joint - 1, 2] @ bone > 0.999 * np.linalg.norm(bone)


@pytest.mark.parametrize("finger", [0, 1, 2, 3])
@pytest.mark.parametrize("level", [0, 1, 2])
def test_flexion_goes_to_the_palm(anatomy, finger, level):
    tip = [Joint.INDEX_TIP, Joint.MIDDLE_TIP, Joint.PINKY_TIP, Joint.RING_TIP][finger]
    moved = joints_of(anatomy, **{f"j{3 * finger + level}": (30, 0, 0)})[tip] - joints_of(anatomy)[tip]
    assert moved[1] < -0.008, "the palm faces -y"


@pytest.mark.parametrize("finger", [0, 1, 2, 3])
def test_abduction_goes_to_the_thumb(anatomy, finger):
    tip = [Joint.INDEX_TIP, Joint.MIDDLE_TIP, Joint.PINKY_TIP, Joint.RING_TIP][finger]
    moved = joints_of(anatomy, **{f"j{3 * finger}": (0, 10, 0)})[tip] - joints_of(anatomy)[tip]
    assert moved[2] > 0.008, "the thumb is at +z"


def test_thumb_flexion_crosses_the_palm(anatomy):
    rest, bent = joints_of(anatomy), joints_of(anatomy, j12=(30, 0, 0), j13=(40, 0, 0), j14=(60, 0, 0))
    pinky = rest[Joint.PINKY_MCP]
    assert np.linalg.norm(bent[Joint.THUMB_TIP] - pinky) < np.linalg.norm(rest[Joint.THUMB_TIP] - pinky) - 0.03


def test_limits_hold_the_rest_pose_and_plausible_ranges(anatomy):
    assert (anatomy.lower <= 0).all() and (anatomy.upper >= 0).all()
    flexion = np.degrees(anatomy.upper[:12, 0]).reshape(4, 3)
    assert (flexion[:, 0] >= 80).all() and (flexion[:, 1] >= 90).all() and (flexion[:, 2] >= 60).all()
    assert np.degrees(np.abs(np.stack([anatomy.lower, anatomy.upper]))).max() <= 120


def test_same_angles_give_the_mirrored_left_hand(anatomy):
    angles = {"j0": (40, 10, 0), "j1": (60, 0, 0), "j12": (10, 20, -10)}
    right, left = joints_of(anatomy, **angles), joints_of(anatomy.mirrored(), Side.LEFT, **angles)
    assert left * (-1, 1, 1) == pytest.approx(right, abs=1e-6)


@given(st.integers(0, 2**32 - 1))
def test_angles_come_back_from_their_rotations(seed):
    from hand_recon_ros.hand_model import free_hand_anatomy

    for anatomy in (free_hand_anatomy(), free_hand_anatomy().mirrored()):
        part = np.random.default_rng(seed).uniform(size=(2, 15, 3))
        angles = anatomy.lower + (anatomy.upper - anatomy.lower) * part
        near_right_angle = np.abs(angles[..., 0] - np.pi / 2) < 0.02
        angles[near_right_angle, 0] -= 0.1
        axes = anatomy.axes.astype(np.float64)
        found = angles_from_rotations(axes, rotations_from_angles(axes, angles))
        assert found == pytest.approx(angles, abs=1e-4)


@pytest.mark.parametrize("flexion", [89.9, 90.0, 90.1])
def test_a_right_angle_of_flexion_still_gives_the_rotation_back(anatomy, flexion):
    angles = np.radians(np.tile([flexion, 12.0, -4.0], (15, 1)))
    rotations = rotations_from_angles(anatomy.axes.astype(np.float64), angles)
    found = angles_from_rotations(anatomy.axes.astype(np.float64), rotations)
    assert rotations_from_angles(anatomy.axes.astype(np.float64), found) == pytest.approx(rotations, abs=1e-4)


def test_torch_gives_the_same_as_numpy(anatomy):
    angles = anatomy.lower + 0.3 * (anatomy.upper - anatomy.lower)
    rotations = rotations_from_angles(torch.from_numpy(anatomy.axes), torch.from_numpy(angles))
    assert rotations.numpy() == pytest.approx(rotations_from_angles(anatomy.axes, angles), abs=1e-6)
    assert angles_from_rotations(torch.from_numpy(anatomy.axes), rotations).numpy() == pytest.approx(angles, abs=1e-5)
