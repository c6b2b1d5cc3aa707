"""A hand whose box is known, in place of a search."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from hand_recon_ros.networks.intake import Region
from hand_recon_ros.pipeline.cropping import NOWHERE
from hand_recon_ros.pipeline.hand_pipeline import HandPipeline
from hand_recon_ros.pipeline.hand_rig import HandRig
from hand_recon_ros.pipeline.landmarks import Landmarks
from hand_recon_ros.pipeline.loading import Options, load_model
from hand_recon_ros.pipeline.recipes import MeshRecipe, find_recipe
from hand_recon_ros.pipeline.settings import Settings
from hand_recon_ros.pipeline.view import Sighting, View, follow
from hand_recon_ros.types import JOINT_COUNT, Side

Array = npt.NDArray[np.float32]


@dataclass(frozen=True)
class BoxFinder:
    """Says that every picture shows one hand of a side in a tight box x, y, width, height, in pixels."""

    box: tuple[float, float, float, float]
    side: Side

    def regions(self, views: Sequence[View]) -> list[Array]:
        """No regions: nothing is looked for."""
        return [NOWHERE] * len(views)

    def look(self, views: Sequence[View], regions: Sequence[Array]) -> list[Sighting]:
        """The hand in each view.

        Raises:
            ValueError: the box lies outside of a picture.
        """
        return [self._sighting(view) for view in views]

    def _sighting(self, view: View) -> Sighting:
        low, high = shown_part(self.box, *view.frame.rgb.shape[1::-1])
        # Nothing but their box is known of the landmarks.
        pixels = np.linspace(low, high, JOINT_COUNT, dtype=np.float32)[None]
        relative = np.full((1, JOINT_COUNT, 3), np.nan, np.float32)
        right = np.array([self.side == Side.RIGHT], np.float32)
        seen = Landmarks(pixels, relative, np.ones(1, np.float32), right)
        return follow(view, seen, np.array([len(view.memory.tracks)]), tracking=False)


def shown_part(box: Sequence[float], width: int, height: int) -> tuple[Array, Array]:
    """Corners of the part of a box that a picture shows: by HandOccNet's rule moved in at the left and top, then cut.

    Raises:
        ValueError: there is none.
    """
    x, y, w, h = box
    low = np.maximum([x, y], 0)
    high = np.minimum([width - 1, height - 1], low + np.maximum([w - 1, h - 1], 0))
    if w <= 0 or h <= 0 or (high <= low).any():
        raise ValueError(f"expected a box inside the picture of {width}x{height} pixels, got {','.join(map(str, box))}")
    return low.astype(np.float32), high.astype(np.float32)


def box_pipeline(
    model: str,
    box: tuple[float, float, float, float],
    side: Side,
    device: str = "auto",
    mano: Path | None = None,
    random_weights: bool = False,
) -> HandPipeline:
    """A pipeline that takes a hand's box and side as given; the other arguments and the errors are those of create.

    Raises:
        ValueError: a model that does not look at one hand at a time.
    """
    recipe = find_recipe(model)
    if not isinstance(recipe, MeshRecipe) or recipe.intake.region != Region.HAND:
        raise ValueError(
            f"a box needs a mesh network that sees one hand, such as handoccnet, got {model}; drop the box"
        )
    loaded = load_model(model, Settings(max_hands=1), Options(device, None, mano, random_weights))
    rig = HandRig(BoxFinder(box, side), loaded.reconstructor, Settings(max_hands=1), loaded.description)
    return HandPipeline(rig)
