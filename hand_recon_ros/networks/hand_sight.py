"""The landmark network with a head that sees the hand for a lifter.

The head reads the trunk's last maps of 14 x 14 and 7 x 7, which the pooled features no longer tell apart in place, at
the points that the network has found. Linearly, it says by how much a lifter that only knows these points
(`pipeline.lifting`) will turn and bend the hand wrongly, once as of a right and once as of a left hand, and what the
maps add to the logit of its being a right one.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from hand_recon_ros.networks.hand_landmark import FULL_WIDTHS, INPUT_SIZE, LANDMARK_COUNT, HandLandmark
from hand_recon_ros.networks.layers import planes_from_bytes

FINE_END, COARSE_END = 15, -4
"""Layers of the trunk up to its last map of 14 x 14, and before its final expansion, of 7 x 7."""
FINE_CHANNELS, COARSE_CHANNELS = FULL_WIDTHS[4], FULL_WIDTHS[5]
COMPONENTS = 32
"""Of the finer map, that the head sees."""
SIGHT = 3 + 22
"""A rotation vector and the free angles of the hand."""
FEATURES = (LANDMARK_COUNT + 1) * (COMPONENTS + COARSE_CHANNELS) + 3 * LANDMARK_COUNT


class SightHead(nn.Module):
    """What a lifter lacks, and on which side the hand is: one linear layer."""

    def __init__(self) -> None:
        super().__init__()
        self.sight = nn.Linear(FEATURES, 2 * SIGHT)
        self.side = nn.Linear(FEATURES, 1)

    def forward(self, fine: Tensor, coarse: Tensor, points: Tensor) -> tuple[Tensor, Tensor]:
        """Look at a hand.

        Args:
            fine: (B, 32, 14, 14) components.
            coarse: (B, 192, 7, 7).
            points: (B, 21, 3) in pixels of the crop.

        Returns:
            (B, 2, 25) as of a right and as of a left hand, and (B,) what to add to the logit of its being a right one.
        """
        features = features_of(fine, coarse, points)
        return self.sight(features).unflatten(1, (2, SIGHT)), self.side(features).squeeze(1)


def features_of(fine: Tensor, coarse: Tensor, points: Tensor) -> Tensor:
    """What the maps hold at the points of the crop and on average, and the points: (B, FEATURES); see `SightHead`.

    At the points a finger looks much the same wherever it is.
    """
    places = points[..., :2] * (1 / INPUT_SIZE)
    rows = [torch.cat([read_at(maps, places), maps.mean((2, 3))[:, None]], dim=1) for maps in (fine, coarse)]
    return torch.cat([torch.cat(rows, dim=2).flatten(1), points.flatten(1)], dim=1)


def read_at(maps: Tensor, places: Tensor) -> Tensor:
    """Square maps (B, C, S, S) at places (B, P, 2) in shares of their sides, between pixels linearly: (B, P, C).

    Made of products only, which every engine runs fast; zero outside.
    """
    side = maps.shape[-1]
    pixels = torch.arange(side, dtype=maps.dtype, device=maps.device)
    near = (1 - (places[..., None] * side - 0.5 - pixels).abs()).relu()
    weights = near[:, :, 1, :, None] * near[:, :, 0, None, :]
    return weights.flatten(2) @ maps.flatten(2).mT


class HandSight(nn.Module):
    """21 landmarks of the hand in each crop, as HandLandmark, with another `right`, and what a lifter may know of it.

    Returns:
        landmarks (B, 21, 3), presence (B,), right (B,), world (B, 21, 3): as HandLandmark.
        sight (B, 2, 25): what a lifter lacks, as of a right and as of a left hand: rotation vector and free angles.
    """

    def __init__(self) -> None:
        super().__init__()
        self.landmarker = HandLandmark(FULL_WIDTHS)
        self.reduce = nn.Conv2d(FINE_CHANNELS, COMPONENTS, 1)
        self.head = SightHead()

    def maps(self, crops: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Of crops (B, 224, 224, 3): maps (B, 112, 14, 14) and (B, 192, 7, 7), and pooled features (B, 1152)."""
        trunk = self.landmarker.trunk
        fine = trunk[:FINE_END](planes_from_bytes(crops, self.reduce.weight.dtype))
        coarse = trunk[FINE_END:COARSE_END](fine)
        return fine, coarse, trunk[COARSE_END:](coarse).mean((2, 3))

    def forward(self, crops: Tensor) -> tuple[Tensor, ...]:
        """Find the landmarks and look at the hand; see the class for shapes."""
        fine, coarse, pooled = self.maps(crops)
        landmarks, presence, _, world = self.landmarker.read(pooled)
        sight, side = self.head(self.reduce(fine), coarse, landmarks)
        right = torch.sigmoid(side + self.landmarker.side(pooled).squeeze(1))
        return landmarks, presence, right, world, sight
