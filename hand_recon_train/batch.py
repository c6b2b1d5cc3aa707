"""Samples as training sees them: B square pictures with up to H hands each, tensors of fixed shapes."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor


class Batch(NamedTuple):
    """Pictures and their truth; what is not known is 0, and a flag says so.

    Networks that see one right hand get H = 1, left hands mirrored. Networks that see a pair get the left hand (0) and
    the right one (1). Metres in axes of the camera as turned with the crop; pixels of the crop, the origin at the
    centre of its first pixel.

    Attributes:
        images: (B, S, S, 3) uint8 RGB.
        right: (B, H) whether a hand is a right one, in the picture as given.
        present: (B, H) whether there is a hand in this place.
        vertices: (B, H, V, 3), has_vertices: (B, H).
        joints: (B, H, 21, 3), has_joints: (B, H, 21).
        vertices_2d: (B, H, V, 2), known where vertices are and has_places is set: (B, H).
        joints_2d: (B, H, 21, 2), has_pixels: (B, H, 21).
        pose: (B, H, 16, 3) axis-angle of the model's joints, its mean pose included, and betas: (B, H, 10);
            has_pose: (B, H).
        owner: (B, S, S) uint8, 0 where there is no hand, k + 1 where hand k is seen; has_owner: (B,).
        number: (B,) of the sample in its data set.
    """

    images: Tensor
    right: Tensor
    present: Tensor
    vertices: Tensor
    has_vertices: Tensor
    joints: Tensor
    has_joints: Tensor
    vertices_2d: Tensor
    has_places: Tensor
    joints_2d: Tensor
    has_pixels: Tensor
    pose: Tensor
    betas: Tensor
    has_pose: Tensor
    owner: Tensor
    has_owner: Tensor
    number: Tensor
