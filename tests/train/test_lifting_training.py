"""Training of the lifter: what is rendered and seen, its widening, its loss, and the weights it writes."""

import numpy as np
import pytest
import torch

from hand_recon_ros.hand_model import (
    axis_angle_to_matrix,
    free_hand_anatomy,
    load_free_hand,
    rotations_from_angles,
    skin,
)
from hand_recon_ros.pipeline.articulation import pose_points, shape_points
from hand_recon_ros.pipeline.hand_state import centred
from hand_recon_ros.pipeline.lifting import INPUTS, LENGTH, Lifter, outputs
from hand_recon_ros.pipeline.recipes import find_recipe, load_articulation
from hand_recon_train.lifting.sampling import Part, look_at_part
from hand_recon_train.lifting.training import Perceptron, Schedule, half_angle_vectors, loss, train
from hand_recon_train.lifting.widening import examples
from hand_recon_train.synthetic.poses import random_angles
from hand_recon_train.synthetic.renderer import Recipe

POINTS = load_articulation(load_free_hand(), find_recipe("default"))
JOINT, AXIS = POINTS.free.T


def ideal_hands(count=40, seed=0):
    """Hands seen without errors, as sampling gives them."""
    rng = np.random.default_rng(seed)
    root = axis_angle_to_matrix(rng.normal(0, 1, (count, 3)))
    angles = np.stack([random_angles(free_hand_anatomy(), rng) for _ in range(count)])
    betas, wrist = rng.normal(0, 0.5, (count, 10)), np.tile([0.02, -0.01, 0.6], (count, 1))
    points = pose_points(POINTS, shape_points(POINTS, betas), root, angles).points
    placed = points + wrist[:, None]
    return {
        "rays": np.repeat((placed[..., :2] / placed[..., 2:])[:, None], 2, axis=1),
        "relative": np.repeat(points[:, None], 2, axis=1),
        "presence": np.tile([0.9, 0.1], (count, 1)),
        "own_side": np.ones((count, 2)),
        "root": root,
        "angles": angles,
        "betas": betas,
        "wrist": wrist,
    }


@pytest.fixture(scope="module")
def widened():
    return examples(POINTS, ideal_hands(), variants=2, seed=1)


def posed(found, root=None, angles=None, betas=None):
    bent = np.zeros((len(found.root), 15, 3))
    bent[:, JOINT, AXIS] = found.angles if angles is None else angles
    shaped = shape_points(POINTS, found.betas if betas is None else betas)
    return pose_points(POINTS, shaped, found.root if root is None else root, bent).points


def test_looks_that_show_no_hand_are_left_out(widened):
    assert widened.inputs.shape == (40 * 3, INPUTS)


def test_variants_of_ideal_hands_are_ideal(widened):
    """Without errors, the relative points are those of the hand in its canonical frame, varied or not."""
    relative = widened.inputs[:, 42:105].reshape(-1, 21, 3) * LENGTH
    off = np.abs(relative - centred(posed(widened))).max(axis=(1, 2))
    # Angles that are not free are zero for the lifter and small for the hand.
    assert np.median(off) < 0.004
    assert np.std(widened.root.reshape(3, 40, 9), axis=0).max() > 0.05, "variants differ"


def test_the_metric_is_the_displacement_in_centimetres(widened):
    rng = np.random.default_rng(2)
    turn, bend = rng.normal(0, 1e-3, (120, 3)), rng.normal(0, 1e-3, widened.angles.shape)
    grow = rng.normal(0, 1e-2, widened.betas.shape)
    root = axis_angle_to_matrix(turn) @ widened.root
    moved = posed(widened, root, widened.angles + bend, widened.betas + grow) - posed(widened)
    error = np.concatenate([turn, bend, grow], axis=1)
    predicted = np.sqrt(np.einsum("np,npq,nq->n", error, widened.metric, error))
    assert predicted == pytest.approx(100 * np.sqrt((moved**2).sum(axis=2).mean(axis=1)), rel=0.1)


def test_vectors_of_turns_agree_with_rotation_vectors_and_grow_beyond():
    axis = np.array([[0.6, 0.0, 0.8]])
    for angle, expected in ((1e-3, 1e-3), (1.0, 2 * np.tan(0.5)), (2.5, 2 * np.tan(1.25))):
        turn = torch.from_numpy(axis_angle_to_matrix(angle * axis))
        assert half_angle_vectors(turn).numpy() == pytest.approx(expected * axis, rel=1e-6)


def test_training_learns(widened):
    values = []
    train(widened, Schedule(steps=150, batch=64, width=48), lambda step, value: values.append(value))
    assert np.mean(values[-10:]) < 0.7 * np.mean(values[:10])


def test_training_repeats(widened):
    first, second = (train(widened, Schedule(steps=3, width=16), lambda step, value: None).layers() for _ in range(2))
    assert all(np.array_equal(first[name], second[name]) for name in first)


def test_written_weights_give_what_was_trained(widened):
    inputs = torch.from_numpy(widened.inputs)
    network = Perceptron(inputs, torch.from_numpy(widened.angles), 10, 32)
    arrays = {name: array.astype(np.float32) for name, array in network.layers().items()}
    lifter = Lifter(tuple((arrays[f"weight_{k}"], arrays[f"bias_{k}"]) for k in range(4)))
    assert outputs(lifter, widened.inputs) == pytest.approx(network(inputs).detach().numpy(), abs=0.02)


def test_a_perfect_answer_costs_least(widened):
    names = ("root", "angles", "betas", "metric")
    root, angles, betas, metric = (torch.from_numpy(getattr(widened, name)) for name in names)
    sure = torch.full((len(root), 3 + angles.shape[1]), -3.0)
    right = torch.cat([root[:, :, 0], root[:, :, 1], angles, betas, sure], dim=1)
    wrong = right + torch.randn(right.shape, generator=torch.Generator().manual_seed(0)) * 0.1
    assert loss(right, root, angles, betas, metric) < loss(wrong, root, angles, betas, metric) - 0.5


def test_rendered_hands_come_with_the_pose_that_they_have():
    rows = look_at_part(Part(Recipe(seed=3, size=160), range(4), "hand_landmark_lite", "cpu"))
    assert rows
    for row in rows:
        local = rotations_from_angles(free_hand_anatomy().axes.astype(float), row["angles"].astype(float))
        rotations = np.concatenate([row["root"][None], local]).astype(np.float32)
        _, joints = skin(load_free_hand(), rotations, row["betas"].astype(np.float32))
        assert joints - joints[0] == pytest.approx(row["joints"], abs=0.004)
        assert row["rays"].shape == (2, 21, 2) and row["relative"].shape == (2, 21, 3)
