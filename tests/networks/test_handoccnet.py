"""HandOccNet and InteractHand beyond their conformance cases: batches, sides, precision, gradients, export."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as some
from torch import Tensor, nn
from torch.nn import functional

from hand_recon_ros.hand_model import load_free_hand
from hand_recon_ros.networks import untrained_network
from hand_recon_ros.networks.conformance.seeding import seeded_array, seeded_image, synthetic_hand
from hand_recon_ros.networks.handoccnet import HandOccNet, PooledConv2d
from hand_recon_ros.networks.hourglass import soft_argmax
from hand_recon_ros.networks.interacthand import InteractHand
from hand_recon_ros.networks.mano_head import ManoLayer, rotations_from_6d
from hand_recon_ros.networks.token_attention import HardGate, PixelLinear
from hand_recon_ros.types import Joint, Side


def seeded(network: nn.Module) -> nn.Module:
    """The network with weights that keep its activations of order one."""
    with torch.no_grad():
        for key, tensor in network.state_dict().items():
            tensor.copy_(torch.from_numpy(seeded_array(key, tensor.shape, str(tensor.dtype).removeprefix("torch."))))
    return network.eval()


@pytest.fixture(scope="module")
def network() -> nn.Module:
    return seeded(untrained_network("handoccnet", hand_model=synthetic_hand(Side.RIGHT)))


@pytest.fixture(scope="module")
def crops() -> Tensor:
    planes = seeded_image("crops", 3, 256, 256)
    return torch.from_numpy(np.round(255 * planes).astype(np.uint8)).permute(0, 2, 3, 1).contiguous()


def test_a_batch_equals_its_single_crops(network, crops):
    with torch.inference_mode():
        together = network(crops)
        for k in range(len(crops)):
            for whole, single in zip(together, network(crops[k : k + 1]), strict=True):
                torch.testing.assert_close(single[0], whole[k], atol=1e-4, rtol=1e-4)


def test_the_pose_that_is_given_poses_the_same_hand(network, crops):
    with torch.inference_mode():
        hands = network(crops)
        vertices, joints = network.regressor.mano_regHead.mano_layer.hand(hands.pose.flatten(1), hands.betas)
    torch.testing.assert_close(vertices, hands.vertices, atol=1e-5, rtol=0)
    torch.testing.assert_close(joints, hands.joints, atol=1e-5, rtol=0)
    assert hands.joints.shape[1] == len(Joint)
    assert ((hands.joints_2d > 0) & (hands.joints_2d < 256)).all()


@pytest.mark.parametrize("name", ["handoccnet", "interacthand"])
@pytest.mark.parametrize(("side", "given_text"), [(None, "got none"), (Side.LEFT, "got a left one")])
def test_only_right_hand_models_are_taken(name, side, given_text):
    with pytest.raises(ValueError, match=f"hand model of a right hand.*{given_text}"):
        untrained_network(name, hand_model=None if side is None else load_free_hand(side))


def test_the_free_hand_is_posed_as_well_as_mano(crops):
    hand = load_free_hand()
    with torch.inference_mode():
        hands = seeded(HandOccNet(hand))(crops[:1])
    assert hands.vertices.shape == (1, *hand.template.shape)
    assert torch.isfinite(hands.vertices).all()


def test_half_precision_keeps_the_hand_in_float32(network, crops):
    half = HandOccNet(synthetic_hand(Side.RIGHT)).eval()
    half.load_state_dict(network.state_dict())
    with torch.inference_mode():
        hands, exact = half.bfloat16()(crops[:1]), network(crops[:1])
    assert half.regressor.mano_regHead.mano_layer.hand.get_buffer("template").dtype == torch.float32
    assert {output.dtype for output in hands} == {torch.float32}
    assert (hands.joints_2d - exact.joints_2d).abs().max() < 4


def test_every_parameter_learns(crops):
    network = seeded(HandOccNet(synthetic_hand(Side.RIGHT)))
    hands = network(crops[:1])
    sum(output.square().mean() for output in hands).backward()
    idle = [name for name, parameter in network.named_parameters() if parameter.grad is None]
    assert not idle
    assert all(torch.isfinite(parameter.grad).all() for parameter in network.parameters())


def test_interacthand_computes_what_handoccnet_computes_unless_it_sees_the_hand_alone(network, crops):
    fused = seeded(InteractHand(synthetic_hand(Side.RIGHT), fusion=True))
    with torch.inference_mode():
        plain, alone = fused(crops[:1]), fused(crops[:1], crops[1:2])
        for ours, theirs in zip(plain, network(crops[:1]), strict=True):
            torch.testing.assert_close(ours, theirs, atol=0, rtol=0)
        assert (alone.vertices - plain.vertices).abs().max() > 1e-3
        with pytest.raises(ValueError, match="build InteractHand with fusion=True"):
            InteractHand(synthetic_hand(Side.RIGHT))(crops[:1], crops[:1])


def test_stripe_attention_takes_the_place_of_the_second_transformer(crops):
    network = seeded(InteractHand(synthetic_hand(Side.RIGHT), stripes=True))
    with torch.inference_mode():
        assert torch.isfinite(network(crops[:1]).vertices).all()
    assert "SET.layers.0.attn.get_v.weight" in network.state_dict()


def test_the_pooled_convolution_equals_a_convolution_and_a_mean():
    layer = seeded(PooledConv2d(6))
    x = torch.from_numpy(seeded_array("x", [2, 6, 8, 10]))
    plain = functional.avg_pool2d(functional.conv2d(x, layer.weight, layer.bias, padding=1), 2)
    torch.testing.assert_close(layer(x), plain)


def test_the_gate_equals_the_sum_over_all_pairs_of_tokens():
    encode_query, encode_key = seeded(PixelLinear(16)), seeded(PixelLinear(16))
    query, key = (torch.from_numpy(seeded_array(name, [2, 50, 16])) for name in ("q.x", "k.x"))
    q, k = (t.unflatten(-1, (4, 4)) for t in (encode_query(query), encode_key(key)))
    expected = torch.sigmoid(torch.einsum("bnhd,bmhd->bhn", q, k) / 2)
    torch.testing.assert_close(HardGate()(query, key, encode_query, encode_key), expected, atol=1e-5, rtol=0)


def test_the_soft_argmax_of_one_cell_is_its_centre():
    heatmaps = torch.zeros(1, 2, 4, 8)
    heatmaps[0, 0, 1, 6] = heatmaps[0, 1, 3, 0] = 1
    assert soft_argmax(heatmaps)[0].tolist() == [[6.5 / 8, 1.5 / 4], [0.5 / 8, 3.5 / 4]]


@settings(max_examples=50, deadline=None)
@given(some.lists(some.floats(-10, 10, width=32), min_size=6, max_size=6))
def test_six_numbers_give_a_rotation_whose_first_column_is_their_first_half(values):
    sixes = torch.tensor(values)
    first, second = sixes[:3], sixes[3:]
    if torch.linalg.cross(first, second).norm() < 0.1 * (first.norm() + second.norm() + 1):
        return
    rotation = rotations_from_6d(sixes)
    torch.testing.assert_close(rotation.mT @ rotation, torch.eye(3), atol=1e-4, rtol=0)
    assert torch.linalg.det(rotation) == pytest.approx(1, abs=1e-4)
    torch.testing.assert_close(rotation[:, 0], first / first.norm(), atol=1e-5, rtol=0)


def test_the_mean_pose_is_added_to_the_fingers_unless_the_hand_is_flat():
    hand = synthetic_hand(Side.RIGHT)
    zero = torch.zeros(1, 16, 3)
    mean = ManoLayer(hand).full_pose(zero)[0]
    assert mean[0].tolist() == [0, 0, 0]
    np.testing.assert_array_equal(mean[1:].flatten().numpy(), hand.mean_pose)
    assert ManoLayer(hand, flat_hand_mean=True).full_pose(zero).abs().max() == 0
