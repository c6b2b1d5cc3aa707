"""What mesh networks say of hands, in the pictures that they were cut out of, and the same for mirrored crops."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from hand_recon_ros.hand_model.model import MIRROR

Array = npt.NDArray[np.floating]
Rows = npt.NDArray[np.intp]

MIRROR_TURN = np.array([1, -1, -1], np.float32)
"""What a reflection in x does to an axis-angle."""


@dataclass(frozen=True)
class Meshes:
    """N hands, each of its anatomical side.

    Attributes:
        vertices: (N, V, 3), and joints: (N, 21, 3): metres in the camera's axes, from an origin of the network's own.
        pixels: (N, 21, 2) of the joints.
        pose: (N, 16, 3) axis-angle of the hand model's joints, and betas: (N, 10); NaN where the network gives none.
        regions: (N,) which hands were seen together: those of one number have one origin.
    """

    vertices: Array
    joints: Array
    pixels: Array
    pose: Array
    betas: Array
    regions: Rows

    def __len__(self) -> int:
        return len(self.vertices)

    def take(self, rows: Rows) -> Meshes:
        """The chosen hands, in the order of rows."""
        return Meshes(*(array[rows] for array in vars(self).values()))

    def mirrored(self, which: npt.NDArray[np.bool_], width: int) -> Meshes:
        """The chosen hands (N,) as they are in pictures of so many pixels' width that had been mirrored."""
        flip = np.where(which[:, None, None], MIRROR, np.float32(1))
        turn = np.where(which[:, None, None], MIRROR_TURN, np.float32(1))
        pixels = self.pixels.copy()
        pixels[which, :, 0] = width - 1 - pixels[which, :, 0]
        return replace(
            self, vertices=self.vertices * flip, joints=self.joints * flip, pixels=pixels, pose=self.pose * turn
        )

    def mapped(self, to_image: Array) -> Meshes:
        """With pixels taken by affine maps (N, 2, 3)."""
        return replace(self, pixels=self.pixels @ np.swapaxes(to_image[:, :, :2], 1, 2) + to_image[:, None, :, 2])


def join_meshes(parts: Sequence[Meshes]) -> Meshes:
    """All hands of several groups, at least one; what was seen together in one of them stays so."""
    offsets = np.cumsum([0, *(part.regions.max(initial=-1) + 1 for part in parts)])
    numbered = [replace(p, regions=p.regions + start) for p, start in zip(parts, offsets[:-1], strict=True)]
    return Meshes(*(np.concatenate(arrays) for arrays in zip(*(vars(part).values() for part in numbered), strict=True)))
