import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from hand_recon_ros.hand_model import axis_angle_to_matrix, matrix_to_axis_angle, matrix_to_quaternion, skew_matrix

COMPONENT = st.floats(-3, 3, allow_nan=False, width=64)
VECTOR = st.tuples(COMPONENT, COMPONENT, COMPONENT).map(np.array)


@given(VECTOR)
def test_matrices_agree_with_scipy(vector):
    assert axis_angle_to_matrix(vector) == pytest.approx(Rotation.from_rotvec(vector).as_matrix(), abs=1e-9)


@given(VECTOR)
def test_matrices_come_back_as_the_same_rotation(vector):
    matrix = axis_angle_to_matrix(vector)
    back = matrix_to_axis_angle(matrix)
    assert np.linalg.norm(back) <= np.pi + 1e-9
    assert axis_angle_to_matrix(back) == pytest.approx(matrix, abs=1e-7)


@given(VECTOR)
def test_quaternions_agree_with_scipy_up_to_sign(vector):
    found = matrix_to_quaternion(axis_angle_to_matrix(vector))
    expected = Rotation.from_rotvec(vector).as_quat()
    assert abs(found @ expected) == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize("size", [0.0, 1e-9, 1e-5, 9e-5, 1.1e-4])
def test_small_angles_are_exact_both_ways(size):
    vector = size * np.array([0.6, -0.48, 0.64])
    matrix = axis_angle_to_matrix(vector)
    assert matrix == pytest.approx(Rotation.from_rotvec(vector).as_matrix(), abs=1e-15)
    assert matrix_to_axis_angle(matrix) == pytest.approx(vector, abs=1e-12)


@pytest.mark.parametrize("axis", [(1, 0, 0), (0, 1, 0), (0, 0, 1), (0.6, 0, -0.8)])
def test_half_turns_keep_their_axis_up_to_sign(axis):
    back = matrix_to_axis_angle(axis_angle_to_matrix(np.pi * np.array(axis, float)))
    assert abs(back @ np.array(axis, float)) == pytest.approx(np.pi, abs=1e-6)


def test_any_batch_shape():
    vectors = np.random.default_rng(0).normal(size=(2, 3, 4, 3))
    one_by_one = [axis_angle_to_matrix(v) for v in vectors.reshape(-1, 3)]
    assert axis_angle_to_matrix(vectors).reshape(-1, 3, 3) == pytest.approx(np.array(one_by_one), abs=1e-12)


def test_skew_matrix_is_the_cross_product():
    a, b = np.random.default_rng(1).normal(size=(2, 3))
    assert skew_matrix(a) @ b == pytest.approx(np.cross(a, b))


@pytest.mark.parametrize("scale", [0.0, 1e-6, 1.0])
def test_derivatives_are_right_even_at_zero(scale):
    vectors = (scale * torch.randn(5, 3, dtype=torch.float64, generator=torch.manual_seed(0))).requires_grad_()
    assert torch.autograd.gradcheck(axis_angle_to_matrix, (vectors,))


def test_the_identity_has_a_gradient():
    """That of the matrix's skew part, though the angle itself has none there."""
    matrix = torch.eye(3, dtype=torch.float64).requires_grad_()
    matrix_to_axis_angle(matrix).sum().backward()
    skew = torch.tensor([[0.0, -1, 1], [1, 0, -1], [-1, 1, 0]], dtype=torch.float64) / 2
    assert torch.allclose(matrix.grad, skew)
