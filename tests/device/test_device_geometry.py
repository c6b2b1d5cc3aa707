"""Kinematics, lifter, fit and mesh on the device agree with those in NumPy, which measured the accuracy."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from device_helpers import CPU, free_angles, observed, tensor
from hypothesis import given, settings
from hypothesis import strategies as st

from hand_recon_ros.device import articulation as on_device
from hand_recon_ros.device.elimination import solve
from hand_recon_ros.device.fitting import State, first_step, further, held_by, translations_by_size
from hand_recon_ros.device.lifting import Seen, lift
from hand_recon_ros.device.meshes import meshes
from hand_recon_ros.device.rotations import axis_angles, axis_to_ray, constants, small_turns
from hand_recon_ros.hand_model import axis_angle_to_matrix, load_free_hand, matrix_to_axis_angle
from hand_recon_ros.pipeline import articulation as in_numpy
from hand_recon_ros.pipeline import lifted_fit, lifting, placement, reconstruction
from hand_recon_ros.pipeline.gauss_newton import derivatives
from hand_recon_ros.pipeline.recipes import find_recipe
from hand_recon_ros.types import Side

NUMBERS = st.floats(-3.1, 3.1)


def posed(articulation, tables, state):
    """The same hands, posed in NumPy and on the device."""
    shaped = in_numpy.shape_points(articulation, state.betas)
    wanted = in_numpy.pose_points(articulation, shaped, state.root, state.angles)
    angles = tensor(free_angles(articulation, state.angles))
    rest = on_device.shape_points(tables, tensor(state.betas))
    return wanted, on_device.pose_points(tables, rest, tensor(state.root), angles)


@pytest.mark.parametrize("seed", range(3))
def test_points_and_their_derivatives(articulation, tables, random_hands, seed):
    state = random_hands(7, seed)
    state.angles[:] = 0
    joint, axis = articulation.free.T
    state.angles[:, joint, axis] = random_hands(7, seed + 10).angles[:, joint, axis]
    wanted, found = posed(articulation, tables, state)
    assert found.points.numpy() == pytest.approx(wanted.points, abs=1e-6)
    jacobian = derivatives(articulation, wanted, shape=False)
    assert on_device.derivatives(tables, found).numpy() == pytest.approx(jacobian, abs=2e-6)


@settings(max_examples=100, deadline=None)
@given(st.tuples(NUMBERS, NUMBERS, NUMBERS))
def test_rotations(vector):
    vectors = np.array([vector, (0, 0, 0), (np.pi, 0, 0), (1e-6, 0, -1e-6)])
    matrices = axis_angle_to_matrix(vectors)
    found = axis_angles(constants(CPU), tensor(matrices)).numpy()
    wanted = matrix_to_axis_angle(matrices)
    # Half a turn may come out with either sign.
    assert np.abs(axis_angle_to_matrix(found.astype(float)) - axis_angle_to_matrix(wanted)).max() < 2e-6
    assert np.linalg.norm(found, axis=1).max() < np.pi + 1e-5


def test_turns_to_rays_and_small_ones():
    rng = np.random.default_rng(0)
    rays, vectors = rng.normal(scale=0.7, size=(20, 2)), rng.normal(scale=0.2, size=(20, 3))
    assert axis_to_ray(constants(CPU), tensor(rays)).numpy() == pytest.approx(
        reconstruction.axis_to_ray(rays), abs=1e-6
    )
    turned = small_turns(constants(CPU), tensor(vectors)).numpy()
    assert turned @ turned.swapaxes(1, 2) == pytest.approx(np.tile(np.eye(3), (20, 1, 1)), abs=1e-6)
    assert turned == pytest.approx(axis_angle_to_matrix(vectors), abs=0.02)


@settings(max_examples=40, deadline=None)
@given(size=st.integers(1, 30), spread=st.floats(0, 3), seed=st.integers(0, 999))
def test_elimination_solves(size, spread, seed):
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(3, size, 2 * size)) * 10 ** rng.uniform(-spread / 2, spread / 2, (size, 1))
    matrices, wanted = rows @ rows.swapaxes(1, 2) + np.eye(size), rng.normal(size=(3, size))
    right = (matrices @ wanted[..., None])[..., 0]
    found = solve(torch.tensor(matrices), torch.tensor(right)).numpy()
    assert found == pytest.approx(wanted, rel=1e-7, abs=1e-8)


def test_a_hand_is_put_where_it_looks_as_large(random_hands, articulation, tables):
    wanted, found = posed(articulation, tables, random_hands(9, 5))
    rays = np.random.default_rng(1).normal(scale=0.1, size=(9, 21, 2))
    expected = placement.translations_by_size(wanted.points, rays)
    assert translations_by_size(found.points, tensor(rays)).numpy() == pytest.approx(expected, rel=1e-4, abs=1e-6)


@pytest.fixture(scope="module")
def lifter():
    return lifting.load_lifter(find_recipe("default").lifter)


@pytest.mark.parametrize("with_sight", [False, True])
def test_the_lifter(articulation, tables, parts, lifter, random_hands, with_sight):
    state = random_hands(12, 3)
    seen = observed(posed(articulation, tables, state)[0].points + state.translation[:, None], 0.002, 4)
    sight = np.random.default_rng(5).normal(scale=0.1, size=(12, 3 + len(articulation.free))) if with_sight else None
    wanted = lifting.lift(lifter, articulation, replace(seen, sight=sight))
    on = Seen(tensor(seen.rays), tensor(seen.relative), tensor(sight) if with_sight else None)
    found = lift(parts.lifter, tables, on)
    assert found.root.numpy() == pytest.approx(wanted.root, abs=1e-4)
    assert found.angles.numpy() == pytest.approx(free_angles(articulation, wanted.angles), abs=1e-4)
    for name in ("betas", "root_sd", "angle_sd"):
        assert getattr(found, name).numpy() == pytest.approx(getattr(wanted, name), abs=1e-4)


@pytest.mark.parametrize("noise", [0.001, 0.02])
def test_the_fit_to_its_end(articulation, tables, parts, lifter, random_hands, noise):
    """With much noise some hands take several steps, and those that took one must stay where they are."""
    state = random_hands(40, 8)
    seen = observed(posed(articulation, tables, state)[0].points + state.translation[:, None], noise, 9)
    wanted = lifted_fit.LiftedFit(articulation, lifter)(seen, [None] * 40)
    lifted = lift(parts.lifter, tables, Seen(tensor(seen.rays), tensor(seen.relative)))
    shaped, held = on_device.shape_points(tables, lifted.betas), held_by(lifted)
    first, far = first_step(tables, shaped, tensor(seen.rays), held)
    assert (0 < int(far.sum()) < 40) if noise == 0.02 else True
    found = further(tables, shaped, tensor(seen.rays), first, far, held)
    for name in State._fields:
        values = np.concatenate([getattr(state, name) for state in wanted])
        values = free_angles(articulation, values) if name == "angles" else values
        assert getattr(found, name).numpy() == pytest.approx(values, abs=1e-4), name
        assert torch.equal(getattr(found, name)[~far], getattr(first, name)[~far])


def test_meshes_of_both_sides(articulation, parts, random_hands):
    state = random_hands(6, 2)
    left = np.array([True, False, True, False, False, True])
    sides = [Side.LEFT if is_left else Side.RIGHT for is_left in left]
    angles = np.zeros_like(state.angles)
    joint, axis = articulation.free.T
    angles[:, joint, axis] = state.angles[:, joint, axis]
    wanted = reconstruction.reconstruct(
        load_free_hand(), articulation, type(state)(state.root, state.translation, angles, state.betas), sides, None
    )
    on = State(tensor(state.root), tensor(state.translation), tensor(free_angles(articulation, angles)))
    found = meshes(parts.mesh, parts.points, on, tensor(state.betas), torch.tensor(left))
    names = {"vertices": "vertices", "joints": "joints", "landmarks": "landmarks", "wrist": "wrists", "pose": "poses"}
    for name, of_host in names.items():
        assert found[name].numpy() == pytest.approx(getattr(wanted, of_host), abs=5e-6), name
