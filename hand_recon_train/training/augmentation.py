"""Random changes of a picture in training, and the numbers that they are drawn from."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
import numpy.typing as npt

from hand_recon_ros.types import ByteImage


@dataclass(frozen=True)
class Spread:
    """A random number: uniform from low to high, or where a deviation is given normal about mean, cut to low and high.

    Attributes:
        likelihood: how often it is drawn; otherwise it is mean.
    """

    low: float
    high: float
    mean: float = 0.0
    deviation: float | None = None
    likelihood: float = 1.0

    def draw(self, rng: np.random.Generator) -> float:
        """One number."""
        if rng.random() >= self.likelihood:
            return self.mean
        if self.deviation is None:
            return rng.uniform(self.low, self.high)
        return float(np.clip(rng.normal(self.mean, self.deviation), self.low, self.high))


ONE, NONE = Spread(1, 1, mean=1), Spread(0, 0)


@dataclass(frozen=True)
class Augmentation:
    """How pictures are changed.

    Attributes:
        scale: of the crop's side.
        turn_deg: of the crop about its middle.
        shift: of the crop's middle, along each side, in pixels of the network's picture.
        gain: of each colour; offset: added to each colour, in shares of white.
        recoloured: how often colours change at all.
        mirrored: how often a picture of two hands is mirrored.
    """

    scale: Spread = field(default_factory=lambda: ONE)
    turn_deg: Spread = field(default_factory=lambda: NONE)
    shift: Spread = field(default_factory=lambda: NONE)
    gain: Spread = field(default_factory=lambda: ONE)
    offset: Spread = field(default_factory=lambda: NONE)
    recoloured: float = 1.0
    mirrored: float = 0.0


PLAIN = Augmentation()
"""Pictures as they are."""


def recoloured(picture: ByteImage, augmentation: Augmentation, rng: np.random.Generator) -> ByteImage:
    """The picture (H, W, 3) with other colours, or the same one."""
    if rng.random() >= augmentation.recoloured:
        return picture
    gains = np.array([augmentation.gain.draw(rng) for _ in range(3)])
    offsets = np.array([255 * augmentation.offset.draw(rng) for _ in range(3)])
    if (gains == 1).all() and (offsets == 0).all():
        return picture
    table: npt.NDArray[np.uint8] = (np.arange(256)[:, None] * gains + offsets).clip(0, 255).astype(np.uint8)
    return np.asarray(cv2.LUT(picture, table[None]), np.uint8)
