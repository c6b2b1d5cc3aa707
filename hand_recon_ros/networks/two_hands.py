"""What a network that sees both hands at once says of them, and what both of EAA-InterHand's networks share."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from hand_recon_ros.hand_model import HandModel
from hand_recon_ros.networks.live import LiveHands, unknown
from hand_recon_ros.networks.mano_head import left_hand, right_hand
from hand_recon_ros.networks.mesh_joints import MeshJoints
from hand_recon_ros.networks.published import Published, Sign

INPUT_SIZE = 256
TIP_VERTICES = (745, 317, 444, 556, 673)
"""Fingertips of both hands, thumb to pinky, as the published joint regression takes them."""


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


def project(points: Tensor, camera: Tensor) -> Tensor:
    """Points (B, 2, N, 3) of both hands by their cameras (B, 2, 3) to pixels of the crop (B, 2, N, 2)."""
    scale, shift = camera[..., None, :1], camera[..., None, 1:]
    return INPUT_SIZE * scale * points[..., :2] + (shift + 1) * (INPUT_SIZE / 2)


class TwoHandJoints(nn.Module):
    """The joints of both meshes: vertices (B, 2, 778, 3) to (B, 2, 21, 3)."""

    def __init__(self, right: HandModel | None, left: HandModel | None) -> None:
        """Take the hand models; left out, the left one is the mirrored right one.

        Raises:
            ValueError: one of the wrong side, or no right one.
        """
        super().__init__()
        known = right_hand(right)
        self.left = MeshJoints(known.mirrored() if left is None else left_hand(left), TIP_VERTICES)
        self.right = MeshJoints(known, TIP_VERTICES)

    def forward(self, vertices: Tensor) -> Tensor:
        """Regress; see the class for shapes."""
        left, right = vertices.unbind(1)
        return torch.stack([self.left(left), self.right(right)], 1)


def live_pair(hands: TwoHands, joints: Tensor) -> LiveHands:
    """Both hands with their joints (B, 2, 21, 3), as the pipeline takes them: the left one first, both certain."""
    certain = joints.new_ones(joints.shape[:2])
    right = certain * torch.arange(2, device=joints.device)
    pixels = project(joints, hands.camera.float())
    return LiveHands(hands.vertices, joints, pixels, certain, right, unknown(joints, 16, 3), unknown(joints, 10))


def published_eaa(levels: int, *ignored: str) -> Published:
    """Layout of checkpoints whose graph layers have so many levels; more is ignored than both networks leave unused."""
    graphs = [f"decoder.dual_gcn.layers.{level}.graph_{side}" for level in range(levels) for side in ("left", "right")]
    return Published(
        signs=(
            Sign("decoder.vit.linear_head.weight", (256, 256), "one of eaa_interhand"),
            Sign("mid_model.convs.0.0.weight", (256, 384, 1, 1), "one of eaa_interhand_release"),
        ),
        from_mesh=(".laplacian",),
        mesh_files="the folder of the published graph_left.pkl, graph_right.pkl, mesh_left.pkl and mesh_right.pkl",
        ignored=(
            "decoder.dense_coor",
            *(f"{graph}.GCN_blocks.{block}.norm1." for graph in graphs for block in range(4)),
            *ignored,
        ),
    )
