"""The landmark network with a head that sees the hand for a lifter.

The head looks at the trunk's last maps of 14 x 14 and 7 x 7, which the pooled features no longer tell apart in place,
and at the points that the network has found. What it gives is added to the first layer of the lifter
(`pipeline.lifting`), once as for a right and once as for a left hand, and the probability that it is a right one.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from hand_recon_ros.networks.hand_landmark import FULL_WIDTHS, INPUT_SIZE, LANDMARK_COUNT, HandLandmark
from hand_recon_ros.networks.layers import SameConv2d, planes_from_bytes

FINE_END, COARSE_END = 15, -4
"""Layers of the trunk up to its last map of 14 x 14, and before its final expansion, of 7 x 7."""
FINE_CHANNELS, COARSE_CHANNELS = FULL_WIDTHS[4], FULL_WIDTHS[5]
COMPONENTS = 32
"""Of the finer map, that the head sees."""
SIGHT = 256
"""Units of the lifter's first layer."""
COARSE_UNIT = 2.0
"""Of the order of the coarser map's numbers."""
FINE_WIDTH, COARSE_WIDTH, MAP_WIDTH, SIDE_WIDTH = 48, 64, 64, 64
MAP_SIDE = 7
LEAST = 1e-6
"""Distance from 0 and 1 that a probability keeps before it becomes a logit."""


class SightHead(nn.Module):
    """What a lifter may know of a hand beyond its points, and on which side the hand is."""

    def __init__(self) -> None:
        super().__init__()
        self.fine = SameConv2d(COMPONENTS, FINE_WIDTH, 3, 2)
        self.coarse = nn.Conv2d(COARSE_CHANNELS, COARSE_WIDTH, 1)
        self.mix = nn.Conv2d(FINE_WIDTH + COARSE_WIDTH, MAP_WIDTH, 1)
        features = MAP_WIDTH * MAP_SIDE**2 + 3 * LANDMARK_COUNT
        self.sight = nn.Linear(features, 2 * SIGHT)
        self.side = nn.Sequential(nn.Linear(features, SIDE_WIDTH), nn.ReLU(), nn.Linear(SIDE_WIDTH, 1))

    def forward(self, fine: Tensor, coarse: Tensor, points: Tensor) -> tuple[Tensor, Tensor]:
        """Look at a hand.

        Args:
            fine: (B, 32, 14, 14) components.
            coarse: (B, 192, 7, 7).
            points: (B, 21, 3) in pixels of the crop.

        Returns:
            (B, 2, 256) as for a right and as for a left hand, and (B,) logits of its being a right one.
        """
        maps = torch.cat([self.fine(fine), self.coarse(coarse * (1 / COARSE_UNIT))], dim=1).relu()
        flat = self.mix(maps).relu().flatten(1)
        features = torch.cat([flat, (points * (1 / INPUT_SIZE) - 0.5).flatten(1)], dim=1)
        return self.sight(features).unflatten(1, (2, SIGHT)), self.side(features).squeeze(1)


class HandSight(nn.Module):
    """21 landmarks of the hand in each crop, as HandLandmark, with another `right`, and what a lifter may know of it.

    Returns:
        landmarks (B, 21, 3), presence (B,), right (B,), world (B, 21, 3): as HandLandmark.
        sight (B, 2, 256): for the lifter, as of a right and as of a left hand.
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
        landmarks, presence, right, world = self.landmarker.read(pooled)
        sight, side = self.head(self.reduce(fine), coarse, landmarks)
        return landmarks, presence, torch.sigmoid(side + torch.logit(right, LEAST)), world, sight
