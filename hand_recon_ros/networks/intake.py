"""What a mesh network takes: which part of a picture, how large, and in which numbers. Readable without torch."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Region(Enum):
    """What a network's square picture shows."""

    HAND = "one hand"
    PAIR = "both hands of a person"
    IMAGE = "the whole picture"


class Border(Enum):
    """Where black is added to make a whole picture square."""

    AROUND = "equally on both sides"
    ABOVE_OR_RIGHT = "above a wide picture, at the right of a high one"


@dataclass(frozen=True)
class Normalisation:
    """From bytes to a network's numbers: (bytes / 255 - mean) / deviation, colour by colour.

    Attributes:
        mean, deviation: in the order of the network's planes.
        bgr: whether these are blue, green, red; pictures always come as RGB.
    """

    mean: tuple[float, float, float]
    deviation: tuple[float, float, float]
    bgr: bool = False


UNIT = Normalisation((0.0, 0.0, 0.0), (1.0, 1.0, 1.0))
IMAGENET = Normalisation((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
# Blue with red's statistics: so it was trained.
IMAGENET_BGR = Normalisation(IMAGENET.mean, IMAGENET.deviation, bgr=True)


@dataclass(frozen=True)
class Intake:
    """What a mesh network takes and how many hands it gives for it.

    Attributes:
        region: what its square picture shows.
        size: side of that picture in pixels.
        crop_scale: side of the square over the longer side of the tight box around the hand or the pair; 1 for whole
            pictures, where it has no meaning.
        normalisation: what the network, which takes bytes, does to them.
        hands: how many hands it gives for a region, always, whatever is there.
        right_only: whether it knows right hands only, so that left ones must come mirrored.
        border: how whole pictures are made square.
        direct_mesh: whether it regresses MANO's vertices themselves, so that its weights mean nothing on another mesh.
    """

    region: Region
    size: int
    crop_scale: float
    normalisation: Normalisation
    hands: int = 1
    right_only: bool = True
    border: Border = Border.AROUND
    direct_mesh: bool = False
