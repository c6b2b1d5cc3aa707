"""The differentiable rasteriser: hand-worked triangles, and gradients against differences."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from batches import random_batch

from hand_recon_ros.hand_model import load_free_hand
from hand_recon_ros.networks.smhr import FOCAL_LENGTH, PlacedHands, Smhr, project
from hand_recon_train.losses.rendering import interpolated, outline, photometric_error, soft_silhouette, visible
from hand_recon_train.losses.smhr_drawing import drawn_errors

FACES = torch.tensor([[0, 1, 2], [1, 3, 2]])
POINTS = torch.tensor([[3.3, 4.1], [16.2, 3.4], [4.4, 15.7], [17.1, 16.6]], dtype=torch.float64)
DEPTHS = torch.tensor([1.0, 2.0, 1.5, 1.2], dtype=torch.float64)
SEEN = visible(POINTS, DEPTHS, FACES, 20)


def test_pixels_are_covered_where_the_square_is():
    assert SEEN.covered[10, 10] and not SEEN.covered[1, 1] and not SEEN.covered[18, 10]
    assert len(SEEN.rows) == SEEN.covered.sum()


def test_the_nearer_face_is_seen():
    faces = torch.tensor([[0, 1, 2], [3, 4, 5]])
    points = torch.cat([POINTS[:3], POINTS[:3]])
    for nearer, corner in ((0.5, 3), (3.0, 0)):
        seen = visible(points, torch.tensor([1.0, 1, 1, nearer, nearer, nearer]), faces, 20)
        assert (seen.corners[:, 0] == corner).all()


def test_interpolation_is_true_to_perspective():
    """Positions in space, interpolated, project to the pixel they are seen at."""
    space = torch.cat([POINTS, torch.ones(4, 1, dtype=torch.float64)], 1) * DEPTHS[:, None]
    found = interpolated(POINTS, DEPTHS, space, SEEN)
    pixels = torch.stack([SEEN.columns, SEEN.rows], 1)
    assert torch.allclose(found[:, :2] / found[:, 2:], pixels.double(), atol=1e-9)


def test_the_outline_leaves_inner_edges_out():
    assert sorted(map(tuple, outline(POINTS, FACES, SEEN.covered).tolist())) == [(0, 1), (0, 2), (1, 3), (2, 3)]


def test_the_silhouette_is_sure_inside_and_out_and_a_half_between():
    soft = soft_silhouette(POINTS, FACES, SEEN.covered)
    assert soft[10, 10] > 0.99 and soft[0, 0] < 0.02
    assert ((soft > 0.5) == SEEN.covered).all()
    away = 10 - (4.1 + (10 - 3.3) / (16.2 - 3.3) * (3.4 - 4.1))
    assert torch.logit(soft[4, 10]) == pytest.approx(away - 6, abs=0.05)


def test_nothing_in_the_picture_is_no_silhouette():
    seen = visible(POINTS + 100, DEPTHS, FACES, 20)
    assert not soft_silhouette(POINTS + 100, FACES, seen.covered).any()


@pytest.mark.parametrize(
    "loss",
    [
        lambda points, depths, colours: interpolated(points, depths, colours, SEEN),
        lambda points, depths, colours: soft_silhouette(points, FACES, SEEN.covered),
        lambda points, depths, colours: photometric_error(
            interpolated(points, depths, colours, SEEN), torch.zeros(1, 3, dtype=torch.float64), torch.ones(1)
        ),
    ],
)
def test_gradients_agree_with_differences(loss):
    colours = torch.linspace(0.1, 0.9, 12, dtype=torch.float64).view(4, 3)
    inputs = tuple(tensor.clone().requires_grad_() for tensor in (POINTS, DEPTHS, colours))
    assert torch.autograd.gradcheck(loss, inputs)


def test_a_shifted_hand_finds_its_outline_again():
    """Descent on the silhouette alone brings a hand back that is three pixels off."""
    hand = load_free_hand()
    faces = torch.from_numpy(hand.faces.astype(np.int64))
    flat = torch.from_numpy(hand.template)
    spread = flat[:, [0, 2]] if np.ptp(hand.template[:, 1]) < np.ptp(hand.template[:, 2]) else flat[:, :2]
    points = (spread - spread.mean(0)) * 160 + 24
    depths = 1 + flat[:, 1]
    goal = visible(points, depths, faces, 48).covered.float()
    shift = torch.tensor([3.0, -2.0], requires_grad=True)
    optimiser = torch.optim.Adam([shift], lr=0.4)
    for _ in range(30):
        optimiser.zero_grad()
        moved = points + shift
        covered = visible(moved, depths, faces, 48).covered
        (soft_silhouette(moved, faces, covered) - goal).abs().mean().backward()
        optimiser.step()
    assert shift.detach().norm() < 0.7


def test_smhrs_second_stage_draws_its_hands_and_teaches_colours_and_places():
    """A right silhouette costs little, one beside it much; a picture without a mask costs nothing."""
    torch.manual_seed(0)
    network, batch = Smhr(load_free_hand()), random_batch(2, size=64)
    faces = torch.from_numpy(load_free_hand().faces.astype(np.int64))
    # Of this size in the camera of 512 pixels that the network has for every picture.
    vertices = batch.vertices * torch.tensor([1.0, 1.0, FOCAL_LENGTH / 96])
    vertices.requires_grad_()
    hands = PlacedHands(vertices, batch.joints, batch.pose, batch.betas, vertices[..., 0, :])
    owner = torch.stack([visible(project(v[0], 64), v[0, :, 2], faces, 64).covered for v in vertices])
    patches = torch.randn(2, 1, 256 * 9)

    def errors(mask, known=True):
        seen = batch._replace(owner=mask.byte(), has_owner=torch.tensor([known, known]))
        return drawn_errors(network, hands, patches, batch.present, seen, faces)

    photometric, silhouette = errors(owner)
    assert (silhouette < 0.06).all() and (errors(owner.roll(16, 2))[1] > 2 * silhouette).all()
    (photometric.sum() + silhouette.sum()).backward()
    assert vertices.grad.abs().sum() > 0 and vertices.grad.isfinite().all()
    reached = [network.texture[2].weight.grad, network.light[2].weight.grad]
    assert all(gradient is not None and gradient.abs().sum() > 0 for gradient in reached)
    assert not torch.cat(errors(owner, known=False)).any()
