"""The landmark network with a head: what it keeps of the landmark network, and how the head reads maps."""

import pytest
import torch
from torch.nn.functional import grid_sample

from hand_recon_ros.networks import create_network
from hand_recon_ros.networks.hand_sight import SIGHT, SightHead, read_at
from hand_recon_train.sight.trunk import blind_network


@pytest.fixture(scope="module")
def crops():
    return torch.randint(0, 256, (2, 224, 224, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


def test_a_head_leaves_the_landmarks_alone(crops):
    plain = create_network("hand_landmark_full").requires_grad_(False)
    landmarks, presence, right, world, sight = blind_network()(crops)
    assert sight.shape == (2, 2, SIGHT) and right.shape == (2,)
    for found, expected in zip((landmarks, presence, world), [plain(crops)[k] for k in (0, 1, 3)], strict=True):
        assert torch.allclose(found, expected, atol=1e-4)


def test_maps_are_read_between_their_pixels():
    chance = torch.Generator().manual_seed(1)
    maps, places = torch.randn(2, 3, 14, 14, generator=chance), torch.rand(2, 21, 2, generator=chance) * 1.2 - 0.1
    expected = grid_sample(maps, 2 * places[:, None] - 1, align_corners=False)[:, :, 0].mT
    assert torch.allclose(read_at(maps, places), expected, atol=1e-5)


def test_a_head_sees_the_hand_and_not_only_its_points():
    head, points = SightHead().requires_grad_(False), torch.full((2, 21, 3), 112.0)
    sight, side = head(torch.randn(2, 32, 14, 14), torch.randn(2, 192, 7, 7), points)
    assert sight.shape == (2, 2, SIGHT) and side.shape == (2,)
    assert not torch.allclose(sight[0], sight[1]) and not torch.allclose(side[0], side[1])
