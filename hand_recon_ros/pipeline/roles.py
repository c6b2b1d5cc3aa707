"""The parts of a pipeline that models and devices differ in: what finds hands, and what reconstructs them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from hand_recon_ros.hand_model import HandModel
from hand_recon_ros.pipeline.landmarks import Landmarks
from hand_recon_ros.pipeline.palm_detection import Palms, Search
from hand_recon_ros.pipeline.reconstruction import Reconstruction
from hand_recon_ros.pipeline.tracking import Track
from hand_recon_ros.pipeline.view import Sighting, View
from hand_recon_ros.types import Side

Array = npt.NDArray[np.float32]


class Finder(Protocol):
    """Finds the hands of several views in one batch."""

    def regions(self, views: Sequence[View]) -> list[Array]:
        """Where to look in each view (N, 4)."""
        ...

    def look(self, views: Sequence[View], regions: Sequence[Array]) -> list[Sighting]:
        """The hands that are there, each with its track so far."""
        ...


class HandNetworks(Protocol):
    """The palm detector and the landmark network, run over several views in one batch."""

    def palms(self, views: Sequence[View], searches: Sequence[Search]) -> list[Palms]:
        """Palms of each view, best first."""
        ...

    def landmarks(self, views: Sequence[View], regions: Sequence[Array]) -> list[Landmarks]:
        """What the regions (N, 4) of each view show; a first look, which places better regions."""
        ...

    def hands(self, views: Sequence[View], regions: Sequence[Array]) -> list[Landmarks]:
        """The same as the last look, whose hands are reconstructed; the first regions are those of the tracks."""
        ...


class Reconstructor(Protocol):
    """Reconstructs the hands of several views in one batch."""

    @property
    def models(self) -> Mapping[Side, HandModel]:
        """Hand model of each side."""
        ...

    @property
    def smallest(self) -> int:
        """Pixels along the longer side that a picture must have."""
        ...

    def __call__(self, sightings: Sequence[Sighting]) -> tuple[list[Track], Reconstruction]:
        """The N hands of all views, in order: their tracks brought up to date, and the hands in metres."""
        ...
