"""Losses: by hand, against the published implementations' answers, where truth is reached, and their gradients."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from batches import random_batch

from hand_recon_ros.hand_model import axis_angle_to_matrix, load_free_hand
from hand_recon_ros.hand_model.layer import HandLayer
from hand_recon_ros.networks import untrained_network
from hand_recon_ros.networks.conformance import read_case
from hand_recon_ros.networks.handoccnet import HandOccNet, PosedHands
from hand_recon_ros.networks.mano_head import ManoLayer
from hand_recon_ros.networks.smhr_heads import Head
from hand_recon_ros.networks.two_hands import HandMaps, TwoHandJoints, TwoHands
from hand_recon_ros.types import BONES, Side
from hand_recon_train.losses import HandOccNetLoss, Setting, SmhrLoss, TwoHandLoss, YoutubeHandLoss
from hand_recon_train.losses.smhr import hardest_mean, pose_prior, turned_error
from hand_recon_train.losses.smhr_targets import gaussian_radius, gaussians
from hand_recon_train.losses.terms import (
    bone_direction_error,
    edge_error,
    focal,
    known_mean,
    l1,
    mse,
    normal_error,
    smooth_l1,
)
from hand_recon_train.losses.two_hands import scaled_truth, true_heatmaps, true_masks

CASES = Path(__file__).parents[1] / "data" / "conformance"
FACES = torch.from_numpy(load_free_hand().faces.astype(np.int64))
TRIANGLE = torch.tensor([[[0.0, 0, 0], [3, 0, 0], [0, 4, 0]]])
ONE_FACE, SURE = torch.tensor([[0, 1, 2]]), torch.tensor([True])


def test_means_are_over_what_is_known():
    found, truth = torch.tensor([[1.0, 3.0], [100.0, 100.0]]), torch.zeros(2, 2)
    known = torch.tensor([True, False])
    assert l1(found, truth, known) == 2
    assert mse(found, truth, known) == 5
    assert smooth_l1(found / 100, truth, known, 0.05) == pytest.approx((0.01**2 + 0.03**2) / 2 / 0.05 / 2)


def test_nothing_known_gives_zero_with_a_gradient_of_zero():
    found = torch.tensor([[float("nan"), 1.0]], requires_grad=True)
    loss = known_mean(found, torch.tensor([False]))
    loss.backward()
    assert loss == 0 and (found.grad == 0).all()


def test_edges_of_a_triangle_by_hand():
    twice = 2 * TRIANGLE
    assert edge_error(twice, TRIANGLE, ONE_FACE, SURE) == pytest.approx((3 + 5 + 4) / 3)


def test_normals_of_a_triangle_by_hand():
    assert normal_error(TRIANGLE, TRIANGLE, ONE_FACE, SURE) == 0
    raised = torch.tensor([[[0.0, 0, 0], [3, 0, 0], [0, 4, 3]]])  # edges (3, 0, 0), (-3, 4, 3), (0, -4, -3)
    assert normal_error(raised, TRIANGLE, ONE_FACE, SURE) == pytest.approx((0 + 3 / 34**0.5 + 3 / 5) / 3)


def test_bone_directions_do_not_see_length():
    joints = torch.randn(3, 21, 2) * 40
    wrist = joints[:, :1]
    apart = bone_direction_error(wrist + 2 * (joints - wrist), joints)
    assert apart.shape == (3,) and apart.max() < 1e-3
    turned = torch.stack([-joints[..., 1], joints[..., 0]], -1)
    assert bone_direction_error(turned, joints).numpy() == pytest.approx(2, abs=1e-2)
    assert len(BONES) == 20


def test_focal_loss_by_hand_and_without_a_peak():
    probability = torch.tensor([[[[0.5, 0.1]]], [[[0.5, 0.1]]]])
    target = torch.tensor([[[[1.0, 0.5]]], [[[0.0, 0.0]]]])
    hit, miss = -0.25 * np.log(0.5), -(0.5**4) * 0.01 * np.log(0.9)
    none = -0.25 * np.log(0.5) - 0.01 * np.log(0.9)
    assert focal(probability, target).numpy() == pytest.approx([hit + miss, none], rel=1e-5)


@pytest.mark.parametrize(
    "loss",
    [
        lambda x, y: edge_error(x, y, torch.tensor([[0, 1, 2], [1, 2, 3]]), torch.tensor([True, False])),
        lambda x, y: normal_error(x, y, torch.tensor([[0, 1, 2], [1, 2, 3]]), torch.tensor([True, True])),
        lambda x, y: bone_direction_error(x[..., :2], y[..., :2]),
        lambda x, y: mse(x, y, torch.tensor([True, False])),
        lambda x, y: smooth_l1(x, y, torch.tensor([True, True]), 0.05),
        lambda x, y: focal(torch.sigmoid(x[:, None, :4]), (y[:, None, :4] > 1.5).double()),
    ],
)
def test_gradients_agree_with_differences(loss):
    generator = torch.Generator().manual_seed(3)
    found, truth = (torch.randn(2, 21, 3, generator=generator, dtype=torch.float64) for _ in range(2))
    assert torch.autograd.gradcheck(lambda x: loss(x, truth), found.requires_grad_())


def test_handoccnets_terms_are_the_published_ones():
    """Their seeded network on their picture against their targets, as the published code weighs it."""
    case = read_case(CASES / "handoccnet")
    answers = case.expected()
    network = HandOccNet(case.hand(Side.RIGHT))
    case.fill(network)
    layer = network.regressor.mano_regHead.mano_layer
    with torch.no_grad():
        found = network.reconstruct(case.input("img"))
    batch = random_batch()._replace(
        pose=layer.full_pose(torch.from_numpy(answers["loss_in_mano_pose"]).reshape(-1, 1, 16, 3)),
        betas=torch.from_numpy(answers["loss_in_mano_shape"])[:, None],
        joints_2d=256 * torch.from_numpy(answers["loss_in_joints_img"])[:, None],
    )
    terms = HandOccNetLoss().terms(found, batch, layer)
    published = ("mano_verts", "mano_joints", "mano_pose", "mano_shape", "joints_img")
    for term, name in zip(("vertices", "joints", "pose", "shape", "pixels"), published, strict=True):
        assert float(terms[term]) == pytest.approx(float(answers[f"loss_{name}"]), rel=1e-4)


def test_handoccnets_terms_vanish_at_the_truth():
    batch, layer = random_batch(), ManoLayer(load_free_hand())
    pose = batch.pose[:, 0]
    vertices, joints = layer.hand(axis_angle_to_matrix(pose), batch.betas[:, 0])
    rotations = axis_angle_to_matrix(pose - layer.mean_pose)
    found = PosedHands(vertices, joints, batch.joints_2d[:, 0], pose, batch.betas[:, 0], rotations)
    assert all(value == pytest.approx(0, abs=1e-8) for value in HandOccNetLoss().terms(found, batch, layer).values())


def test_youtubehands_terms_vanish_at_a_shifted_truth_but_for_the_pixels():
    batch = random_batch()
    vertices, joints = batch.vertices[:, 0] + 1, batch.joints[:, 0] + 1
    terms = YoutubeHandLoss().terms(vertices, joints, torch.ones(2, 3), batch, FACES)
    assert terms.keys() == {"vertices", "joints", "pixels", "edges", "normals"}
    assert all(float(terms[name]) < 1e-4 for name in ("vertices", "joints", "edges", "normals"))
    assert terms["pixels"] > 0


def test_two_hands_truth_is_scaled_to_one_hand_length_from_the_left_root():
    batch = random_batch(sides=(False, True), size=256)
    truth, known = scaled_truth(batch)
    joints = batch.joints - batch.joints[:, :1, 9:10]
    lengths = (batch.joints[:, :, 9] - batch.joints[:, :, 0]).norm(dim=-1).mean(1)
    expected = (batch.vertices - batch.joints[:, :1, 9:10]) * (0.095 / lengths)[:, None, None, None]
    assert known.all() and torch.allclose(truth, expected)
    assert (joints[:, 0, 9] == 0).all()


def test_two_hands_terms_vanish_at_the_truth_and_edges_wait():
    batch = random_batch(sides=(False, True), size=256)
    truth, known = scaled_truth(batch)
    hands = TwoHands(truth, torch.ones(2, 2, 3))
    early = TwoHandLoss().mesh_terms(hands, truth, batch, known, Setting(FACES, 49))
    late = TwoHandLoss().mesh_terms(hands, truth, batch, known, Setting(FACES, 50))
    assert "edges" not in early and late["edges"] == 0
    assert early["vertices"] == 0 and early["normals"] < 1e-2
    maps = HandMaps(true_heatmaps(batch)[0], true_masks(batch), torch.zeros(2, 6, 64, 64))
    assert all(value == 0 for value in TwoHandLoss().map_terms(maps, batch).values())
    assert TwoHandJoints(load_free_hand(), None)(truth).shape == (2, 2, 21, 3)


def test_heatmaps_peak_at_joints_and_are_empty_outside():
    batch = random_batch(1, (False, True), 256)
    places = batch.joints_2d.clone()
    places[0, 0, 3], places[0, 1, 4] = torch.tensor([400.0, 10.0]), torch.tensor([40.0, 120.0])
    maps, known = true_heatmaps(batch._replace(joints_2d=places))
    assert maps.shape == (1, 42, 64, 64) and known.shape == (1, 42)
    assert maps[0, 3].sum() == 0
    assert maps[0, 21 + 4, 30, 10] == 1 and maps[0, 21 + 4, 30, 12] == pytest.approx(np.exp(-0.5))


def test_masks_are_right_then_left():
    batch = random_batch(1, (False, True), 256)
    owner = torch.zeros(1, 256, 256, dtype=torch.uint8)
    owner[:, :, :128], owner[:, :, 192:] = 1, 2
    left, right = true_masks(batch._replace(owner=owner))[0].flip(0)
    assert left[:, :32].all() and not left[:, 32:].any()
    assert right[:, 48:].all() and not right[:, :48].any()


@pytest.mark.parametrize("name", ["smhr_single", "smhr_multi"])
def test_smhrs_terms_are_the_published_ones(name):
    case = read_case(CASES / name)
    answers = {key: torch.from_numpy(value) for key, value in case.expected().items()}
    target = answers["loss_hm_target"]
    cells = torch.tensor(case.content["extra"]["aux_inputs"]["loss_hm_target"]["cells_xy"])
    cells = torch.stack([cells, cells + torch.tensor([1, 0])])
    radius = gaussian_radius(*(torch.tensor([[20.0], [21.0]]), torch.tensor([[17.0], [17.0]])))
    radius = radius.expand(2, cells.shape[1])
    assert (radius == answers["loss_gaussian_radius"]).all()
    peaks = gaussians(cells, radius, torch.ones(radius.shape, dtype=torch.bool), target.shape[-1])
    assert torch.allclose(peaks.amax(1, keepdim=True), target, atol=4e-5)
    assert torch.allclose(focal(answers["hm_prob"], target), answers["loss_hm_focal"], rtol=1e-3)
    landmarks, truth = answers["landmarks2d"].reshape(2, -1, 21, 2), answers["loss_lms_target"]
    assert torch.allclose(bone_direction_error(landmarks, truth), answers["loss_bone_dir_per_hand"], rtol=1e-3)
    parameters = answers["params_at_peak"].reshape(2, -1, 122)
    for left, part in ((True, parameters[..., :61]), (False, parameters[..., 61:])):
        published = answers[f"loss_norm_{'left' if left else 'right'}_per_hand"]
        assert torch.allclose(pose_prior(part, left), published, rtol=1e-3)


def test_a_pose_within_its_limits_costs_its_shape_only():
    parameters = torch.zeros(1, 61)
    assert pose_prior(parameters, left=False) == 0 == pose_prior(parameters, left=True)
    parameters[0, 48:58] = 2
    assert pose_prior(parameters, left=False) == pytest.approx(0.4)
    parameters[0, 3] = np.radians(50)
    assert pose_prior(parameters, left=False) == pytest.approx(0.4 + np.radians(45) / 45)


def test_turned_joints_know_how_a_hand_is_turned_but_not_its_size_or_place():
    truth = random_batch(2, (True, False)).joints
    assert turned_error(2 * truth + 1, truth).numpy() == pytest.approx(0, abs=1e-3)
    quarter = axis_angle_to_matrix(torch.tensor([0.0, 0.0, np.pi / 2]))
    assert (turned_error(truth @ quarter.T, truth) > 20).all()


def test_the_hardest_pictures_count():
    terms = {"a": torch.tensor([1.0, 5.0, 2.0]), "b": torch.tensor([0.0, 1.0, 9.0])}
    assert {name: float(value) for name, value in hardest_mean(terms, 0.7).items()} == {"a": 3.5, "b": 5.0}
    assert float(hardest_mean(terms, 0.1)["a"]) == 2


class StandInMap(torch.nn.Module):
    """Heads of SMHR over random features, for its losses without its trunk."""

    def __init__(self, features):
        super().__init__()
        self.held = features
        self.hm, self.params, self.handmap = Head(1), Head(122), Head(2)
        right = load_free_hand()
        self.right_hand, self.left_hand = (ManoLayer(hand, flat_hand_mean=True) for hand in (right, right.mirrored()))

    def normalise(self, images):
        return images

    def features(self, planes):
        return self.held


def test_smhrs_losses_ignore_empty_places_and_reach_all_heads():
    torch.manual_seed(0)
    batch = random_batch(2, (True, False), 224)
    network = StandInMap(torch.randn(2, 256, 56, 56))
    full = SmhrLoss()(network, batch, Setting(FACES, 0))
    assert full.keys() == {"centre", "sides", "pixels", "bones", "prior", "vertices", "joints"}
    sum(full.values()).backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in network.parameters())
    gone = torch.tensor([[True, False]] * 2)
    moved = batch.joints_2d.clone()
    moved[:, 1] += 50
    empty = batch._replace(present=gone)
    one, other = (
        SmhrLoss()(network, changed, Setting(FACES, 0)) for changed in (empty, empty._replace(joints_2d=moved))
    )
    assert all(torch.equal(one[name], other[name]) for name in one)
    assert "vertices" not in replace(SmhrLoss(), vertices=0, joints=0)(network, batch, Setting(FACES, 0))


@pytest.mark.parametrize(
    ("name", "objective", "sides"),
    [
        ("youtubehand_resnet18", YoutubeHandLoss(), (True,)),
        ("eaa_interhand", TwoHandLoss(edges_from=0), (False, True)),
        ("eaa_interhand_release", TwoHandLoss(edges_from=0), (False, True)),
    ],
)
def test_losses_of_whole_networks_are_finite_and_reach_their_weights(name, objective, sides):
    network = untrained_network(name, load_free_hand()).train()
    batch = random_batch(2, sides, 224 if len(sides) == 1 else 256)
    terms = objective(network, batch, Setting(FACES, 0))
    sum(terms.values()).backward()
    assert all(value.isfinite() for value in terms.values())
    reached = [p.grad is not None and p.grad.isfinite().all() for p in network.parameters()]
    assert np.mean(reached) > 0.9


def test_posed_hands_of_the_batches_follow_from_their_parameters():
    batch = random_batch()
    vertices, joints = HandLayer(load_free_hand())(batch.pose[:, 0].flatten(1), batch.betas[:, 0])
    assert torch.allclose(vertices - joints[:, :1], batch.vertices[:, 0] - batch.joints[:, 0, :1], atol=1e-6)
