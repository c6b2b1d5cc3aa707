"""How the free hand looks: a texture with nails, knuckles and creases, and where each face takes its colours from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from hand_recon_ros.hand_model.model import free_hand_data
from hand_recon_ros.types import ByteImage, FloatArray, Side


@dataclass(frozen=True)
class HandAppearance:
    """Texture of a hand model.

    Attributes:
        uv: (F, 3, 2) texture coordinates of the faces' corners, 0 to 1 from the left upper corner.
        albedo: (H, W, 3) sRGB texture.
        skin_tone: (3,) sRGB of plain skin on the back of the hand.
    """

    uv: FloatArray
    albedo: ByteImage
    skin_tone: ByteImage

    def mirrored(self) -> HandAppearance:
        """The other side's, whose faces list their corners in reverse."""
        return replace(self, uv=np.ascontiguousarray(self.uv[:, ::-1]))

    def colours(
        self, face: npt.NDArray[np.integer], barycentric: npt.NDArray[np.floating], tone: FloatArray | None = None
    ) -> FloatArray:
        """Colours (N, 3) in 0 to 1 of points on faces (N,), bilinear, with skin of another tone (3,) if given.

        Args:
            face: (N,) face of each point.
            barycentric: (N, 3) coordinates in it.
            tone: sRGB in 0 to 1 in place of skin_tone; nails and creases change alike.
        """
        height, width = self.albedo.shape[:2]
        at = (barycentric[:, :, None] * self.uv[face]).sum(axis=1) * (width, height) - 0.5
        corner = np.clip(np.floor(at).astype(np.intp), 0, (width - 2, height - 2))
        along, down = np.clip(at - corner, 0, 1).T[..., None]
        column, row = corner.T
        upper = self.albedo[row, column] * (1 - along) + self.albedo[row, column + 1] * along
        lower = self.albedo[row + 1, column] * (1 - along) + self.albedo[row + 1, column + 1] * along
        colour = (upper * (1 - down) + lower * down) / 255
        if tone is not None:
            colour = colour * (tone / (self.skin_tone / 255))
        return np.clip(colour, 0, 1).astype(np.float32)


@lru_cache(maxsize=2)
def free_hand_appearance(side: Side = Side.RIGHT) -> HandAppearance:
    """The free hand's looks (see models/free_hand.md)."""
    data = free_hand_data()
    right = HandAppearance(data["uv"], data["albedo"], data["skin_tone"])
    return right if side == Side.RIGHT else right.mirrored()
