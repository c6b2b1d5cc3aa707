"""What a network that sees both hands at once says of them."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor

INPUT_SIZE = 256


class TwoHands(NamedTuple):
    """The left (0) and the right (1) hand in each of B crops.

    Attributes:
        vertices: (B, 2, 778, 3), axes of the camera, in one frame whose origin is the left hand's middle MCP; metres
            after a scaling by which the distance from wrist to middle MCP is 0.095 on the mean of both hands.
        camera: (B, 2, 3) weak perspective of each hand: scale, tx, ty.
    """

    vertices: Tensor
    camera: Tensor


class HandMaps(NamedTuple):
    """Maps (B, C, 64, 64) that the networks are trained to draw on the way; not limited to 0 to 1.

    Attributes:
        heatmaps: 21 joints of the left hand, then 21 of the right.
        masks: the right hand, then the left.
        dense: colour of the surface, three channels a hand in the order of masks.
    """

    heatmaps: Tensor
    masks: Tensor
    dense: Tensor


def project(hands: TwoHands) -> Tensor:
    """Vertices in pixels of the crop: (B, 2, 778, 2)."""
    scale, shift = hands.camera[..., None, :1], hands.camera[..., None, 1:]
    return INPUT_SIZE * scale * hands.vertices[..., :2] + (shift + 1) * (INPUT_SIZE / 2)
