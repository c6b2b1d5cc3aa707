"""Mesh networks as the pipeline runs them: pictures in bytes in, the same seven tensors out of every network."""

from __future__ import annotations

from typing import NamedTuple, Protocol, runtime_checkable

import torch
from torch import Tensor, nn


class LiveHands(NamedTuple):
    """H hands in each of N regions, float32; what a network does not give is NaN.

    Attributes:
        vertices: (N, H, V, 3), and joints: (N, H, 21, 3) in the order of `Joint`: metres, axes of the camera, one
            origin a region.
        pixels: (N, H, 21, 2) of the joints in the region's picture, the origin at the centre of its first pixel.
        score: (N, H) probability that a hand is there; 1 where the network takes that for granted.
        right: (N, H) probability that it is a right one.
        pose: (N, H, 16, 3) axis-angle of the hand model's joints, its mean pose included.
        betas: (N, H, 10) shape coefficients of the hand model.
    """

    vertices: Tensor
    joints: Tensor
    pixels: Tensor
    score: Tensor
    right: Tensor
    pose: Tensor
    betas: Tensor


@runtime_checkable
class MeshNetwork(Protocol):
    """A network that the pipeline can run."""

    def live(self, images: Tensor) -> LiveHands:
        """Hands in pictures (N, size, size, 3), uint8 RGB."""


class LiveNetwork(nn.Module):
    """A mesh network with LiveHands for its outputs: from any pictures to tensors of fixed shapes, so it exports."""

    def __init__(self, network: nn.Module, size: int) -> None:
        """Wrap a network that has a method `live` and takes pictures with sides of so many pixels.

        Raises:
            ValueError: it has none.
        """
        super().__init__()
        if not isinstance(network, MeshNetwork):
            raise ValueError(f"expected a mesh network, got {type(network).__name__}, which gives no whole hands")
        self.network, self.size = network, size

    def forward(self, images: Tensor) -> LiveHands:
        """Hands in pictures (N, size, size, 3), uint8 RGB.

        Raises:
            ValueError: pictures of another shape.
        """
        if images.shape[1:] != (self.size, self.size, 3):
            raise ValueError(
                f"expected pictures of shape (N, {self.size}, {self.size}, 3), got {tuple(images.shape)}; "
                "crop or resize them first"
            )
        return LiveHands(*(output.float() for output in self.network.live(images)))


def unknown(like: Tensor, *shape: int) -> Tensor:
    """NaN of a shape (N, H, ...), for what a network with vertices (N, H, V, 3) does not give."""
    return like.new_full((*like.shape[:2], *shape), torch.nan, dtype=torch.float32)


def one_right_hand(
    vertices: Tensor, joints: Tensor, pixels: Tensor, pose: Tensor | None = None, betas: Tensor | None = None
) -> LiveHands:
    """What a network says that sees one right hand in every region; tensors (N, ...)."""
    vertices = vertices[:, None]
    certain = vertices.new_ones(vertices.shape[:2], dtype=torch.float32)
    return LiveHands(
        vertices,
        joints[:, None],
        pixels[:, None],
        certain,
        certain,
        unknown(vertices, 16, 3) if pose is None else pose[:, None],
        unknown(vertices, 10) if betas is None else betas[:, None],
    )
