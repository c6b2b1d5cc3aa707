"""Mesh networks as the pipeline runs them: the same outputs of the same shapes out of every one."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from hand_recon_ros.hand_model import load_free_hand
from hand_recon_ros.networks import (
    find_intake,
    find_network,
    live_network,
    mesh_network_names,
    untrained_network,
)
from hand_recon_ros.networks.intake import IMAGENET_BGR, UNIT, Border, Intake, Region
from hand_recon_ros.networks.layers import Planes
from hand_recon_ros.networks.live import LiveNetwork
from hand_recon_ros.networks.mesh_joints import MeshJoints
from hand_recon_ros.networks.pictures import squared
from hand_recon_ros.types import Side

SMALL = [name for name in mesh_network_names() if name not in ("youtubehand_resnet50", "youtubehand_hrnet")]
"""The others differ from youtubehand_resnet18 in size, and take gigabytes."""


def pictures(name: str, count: int) -> torch.Tensor:
    size = find_intake(name).size
    random = np.random.default_rng(0)
    return torch.from_numpy(random.integers(0, 256, (count, size, size, 3), np.uint8))


@pytest.mark.parametrize("name", SMALL)
def test_every_mesh_network_gives_the_same_seven_tensors(name):
    intake, right = find_intake(name), load_free_hand()
    network = live_network(name, right, random_weights=True)
    with torch.inference_mode():
        hands = network(pictures(name, 2))
    leading, vertices = (2, intake.hands), len(right.template)
    shapes = [(*leading, *shape) for shape in ((vertices, 3), (21, 3), (21, 2), (), (), (16, 3), (10,))]
    assert [tuple(output.shape) for output in hands] == shapes
    assert {output.dtype for output in hands} == {torch.float32}
    assert all(torch.isfinite(output).all() for output in hands[:5])
    assert hands.pose.isnan().all() == hands.betas.isnan().all() == intake.direct_mesh
    assert ((hands.score > 0) & (hands.score <= 1) & (hands.right >= 0) & (hands.right <= 1)).all()
    assert not intake.right_only or (hands.right == 1).all()


@pytest.mark.parametrize("name", SMALL)
def test_half_precision_gives_finite_float32_hands(name):
    network = live_network(name, load_free_hand(), random_weights=True).bfloat16()
    with torch.inference_mode():
        hands = network(pictures(name, 1))
    assert {output.dtype for output in hands} == {torch.float32}
    assert all(torch.isfinite(output).all() for output in hands[:5])


@pytest.mark.parametrize("name", SMALL)
def test_the_first_layer_sees_the_picture_normalised_as_the_table_says(name):
    seen: list[torch.Tensor] = []
    network = untrained_network(name, load_free_hand())
    first = next(module for module in network.modules() if isinstance(module, nn.Conv2d))
    first.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0]))
    images = pictures(name, 1)
    with torch.inference_mode():
        network(images)
    normalisation = find_intake(name).normalisation
    colours = images.numpy()[..., ::-1] if normalisation.bgr else images.numpy()
    planes = (colours / 255 - np.array(normalisation.mean)) / np.array(normalisation.deviation)
    np.testing.assert_allclose(seen[0].numpy(), planes.transpose(0, 3, 1, 2), atol=1e-5)


def test_colours_are_swapped_only_where_a_network_takes_them_so():
    pixel = torch.tensor([[[[255, 0, 51]]]], dtype=torch.uint8)
    assert Planes(UNIT)(pixel).flatten().tolist() == pytest.approx([1, 0, 0.2])
    swapped = (Planes(IMAGENET_BGR)(pixel) * Planes(IMAGENET_BGR).deviation + Planes(IMAGENET_BGR).mean).flatten()
    assert swapped.tolist() == pytest.approx([0.2, 0, 1], abs=1e-6)


def test_random_weights_follow_from_the_name():
    first, second = (untrained_network("smhr_single", load_free_hand()).state_dict() for _ in range(2))
    assert all(torch.equal(first[key], second[key]) for key in first)


@pytest.mark.parametrize("shape", [(1, 100, 100, 3), (1, 3, 224, 224)])
def test_pictures_of_another_size_are_refused(shape):
    network = live_network("smhr_single", load_free_hand(), random_weights=True)
    with pytest.raises(ValueError, match=r"pictures of shape \(N, 224, 224, 3\), got .*crop or resize them first"):
        network(torch.zeros(shape, dtype=torch.uint8))


def test_networks_that_give_no_whole_hands_are_refused():
    with pytest.raises(ValueError, match=r"expected a mesh network out of handoccnet.*got 'palm_detector'"):
        live_network("palm_detector", None)
    with pytest.raises(ValueError, match="expected a mesh network, got PalmDetector"):
        LiveNetwork(untrained_network("palm_detector"), 192)


@pytest.mark.parametrize("name", SMALL)
@pytest.mark.parametrize("side", [None, Side.LEFT])
def test_the_hand_model_must_be_a_right_one(name, side):
    with pytest.raises(ValueError, match=r"expected the hand model of a right hand, such as MANO_RIGHT\.pkl, got"):
        live_network(name, side and load_free_hand(side), random_weights=True)


@pytest.mark.parametrize("name", [name for name in SMALL if not find_intake(name).right_only])
def test_the_second_hand_model_must_be_a_left_one(name):
    with pytest.raises(ValueError, match=r"expected the hand model of a left hand, such as MANO_LEFT\.pkl, got"):
        live_network(name, load_free_hand(), load_free_hand(), random_weights=True)


def test_joints_of_the_resting_mesh_are_the_models_own():
    hand = load_free_hand()
    joints = MeshJoints(hand, (0, 0, 0, 0, 0))(torch.from_numpy(hand.template))
    np.testing.assert_allclose(joints[[0, 5, 13]], hand.joints_template[[0, 1, 10]], atol=1e-4)
    np.testing.assert_array_equal(joints[[4, 8]], hand.template[hand.tip_vertices[:2]])


@pytest.mark.parametrize(
    ("shape", "border", "corner"),
    [
        ((60, 100), Border.AROUND, (0, 20)),
        ((60, 101), Border.AROUND, (0, 20)),
        ((60, 100), Border.ABOVE_OR_RIGHT, (0, 40)),
        ((100, 60), Border.AROUND, (20, 0)),
        ((100, 60), Border.ABOVE_OR_RIGHT, (0, 0)),
    ],
)
def test_a_squared_picture_leads_back_to_the_image(shape, border, corner):
    image = np.zeros((*shape, 3), np.uint8)
    image[10:20, 30:50] = 255
    intake = Intake(Region.IMAGE, 64, 1.0, UNIT, border=border)
    picture, to_image = squared(image, intake)
    assert picture.shape == (64, 64, 3)
    weights = picture[..., 0].astype(float)
    rows, columns = np.indices(weights.shape)
    centre = np.array([(weights * columns).sum(), (weights * rows).sum(), weights.sum()]) / weights.sum()
    np.testing.assert_allclose(to_image @ centre, [39.5, 14.5], atol=0.3)
    side = max(shape)
    np.testing.assert_allclose(to_image @ [-0.5, -0.5, 1], [-corner[0] - 0.5, -corner[1] - 0.5], atol=1e-9)
    assert to_image[0, 0] == to_image[1, 1] == side / 64


def test_rows_name_what_is_there():
    assert find_network("smhr_multi").input_size == find_intake("smhr_multi").size == 384
