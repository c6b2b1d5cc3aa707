"""What light falls on a scene, and what skin is like under it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Light:
    """Light of a scene, linear; directions are unit vectors towards the lamps, in the camera frame.

    Attributes:
        key: (3,) direction and key_colour: (3,) of the lamp that casts shadows.
        fill: (3,) direction and fill_colour: (3,) of one that does not.
        up: (3,) where the sky is. sky, ground: (3,) colours from there and from opposite.
        softness: of shadows, in texels of the shadow map.
        exposure: factor on everything.
    """

    key: Array
    key_colour: Array
    fill: Array
    fill_colour: Array
    up: Array
    sky: Array
    ground: Array
    softness: int
    exposure: float

    @property
    def table(self) -> Array:
        """(7, 3) key, its colour, fill, its colour, up, sky, ground; colours as exposed."""
        lamps = np.stack([self.key, self.key_colour, self.fill, self.fill_colour, self.up, self.sky, self.ground])
        lamps *= self.exposure ** np.array([0, 1, 0, 1, 0, 1, 1])[:, None]
        return np.asarray(lamps)


@dataclass(frozen=True)
class Skin:
    """Texture of skin, shared by all hands of a picture.

    Attributes:
        texture: (H, W, 4) linear factors on the tone, and how much of a texel is nail.
        grain: (N, N) fine relief around 0, repeated.
        relief: how strongly the grain shows.
        nail: (3,) linear colour of nails relative to the skin around, and polish: (3,) absolute, used to the share
            polished in 0 to 1.
    """

    texture: Array
    grain: Array
    relief: float
    nail: Array
    polish: Array
    polished: float

    @property
    def numbers(self) -> Array:
        """(8,) nail, polish, polished, relief."""
        return np.concatenate([self.nail, self.polish, [self.polished, self.relief]])
