"""How published networks have their pictures prepared, as their own demonstrations do it."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from hand_recon_ros.networks.intake import Border, Intake
from hand_recon_ros.types import ByteImage


class Prepared(NamedTuple):
    """A network's picture, and the affine map (2, 3) from its pixels to those of the picture it was made of."""

    picture: ByteImage
    to_image: npt.NDArray[np.float64]


def squared(image: ByteImage, intake: Intake) -> Prepared:
    """The whole picture (H, W, 3), with black borders to a square, then resized to what a network takes."""
    height, width = image.shape[:2]
    side = max(height, width)
    above, left = _borders(intake.border, side - height, side - width)
    borders = (above, side - height - above, left, side - width - left)
    square = cv2.copyMakeBorder(image, *borders, cv2.BORDER_CONSTANT)
    picture = np.asarray(cv2.resize(square, (intake.size, intake.size)), np.uint8)
    scale = side / intake.size
    # Resizing keeps the corners of the picture in place, not the centres of its corner pixels.
    shift = (scale - 1) / 2
    return Prepared(picture, np.array([[scale, 0, shift - left], [0, scale, shift - above]]))


def _borders(border: Border, rows: int, columns: int) -> tuple[int, int]:
    """How many of the missing rows come above, and of the missing columns at the left."""
    if border == Border.AROUND:
        return rows // 2, columns // 2
    return rows, 0
