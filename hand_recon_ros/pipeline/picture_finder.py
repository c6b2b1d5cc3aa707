"""Mesh networks that take the whole picture and find the hands themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from hand_recon_ros.networks.intake import Intake
from hand_recon_ros.networks.pictures import Prepared, squared
from hand_recon_ros.pipeline.chunks import run_in_chunks
from hand_recon_ros.pipeline.cropping import NOWHERE
from hand_recon_ros.pipeline.finding import kept_hands
from hand_recon_ros.pipeline.landmarks import Landmarks
from hand_recon_ros.pipeline.meshes import Meshes, join_meshes
from hand_recon_ros.pipeline.settings import Settings
from hand_recon_ros.pipeline.tracking import matching_tracks
from hand_recon_ros.pipeline.view import Sighting, View, follow

if TYPE_CHECKING:
    from hand_recon_ros.runtime import Engine

Array = npt.NDArray[np.float32]


@dataclass(frozen=True)
class PictureFinder:
    """Finds and reconstructs the hands of several views with one batch of one network."""

    engine: Engine
    intake: Intake
    settings: Settings

    def regions(self, views: Sequence[View]) -> list[Array]:
        """No regions: the network sees everything."""
        return [NOWHERE] * len(views)

    def look(self, views: Sequence[View], regions: Sequence[Array]) -> list[Sighting]:
        """The hands that are there, each with its mesh and its track so far."""
        if not views:
            return []
        prepared = [squared(view.frame.rgb, self.intake) for view in views]
        outputs = run_in_chunks(self.engine, np.stack([of_one.picture for of_one in prepared]))
        return [
            self._sighting(view, of_one, *(output[row] for output in outputs))
            for row, (view, of_one) in enumerate(zip(views, prepared, strict=True))
        ]

    def _sighting(
        self,
        view: View,
        prepared: Prepared,
        vertices: Array,
        joints: Array,
        pixels: Array,
        score: Array,
        right: Array,
        pose: Array,
        betas: Array,
    ) -> Sighting:
        # The network's camera is not this one, so that the places of its hands to each other mean nothing in it.
        own_origins = np.arange(len(vertices))
        meshes = Meshes(vertices, joints, pixels, pose, betas, own_origins)
        meshes = meshes.mapped(np.broadcast_to(prepared.to_image, (len(meshes), 2, 3)))
        seen = Landmarks(meshes.pixels.astype(np.float32), joints, score, right)
        rows = kept_hands(seen, 0, self.settings.min_score, self.settings.max_hands)
        seen = seen.take(rows)
        sighting = follow(view, seen, matching_tracks(seen.pixels, view.memory.tracks), self.settings.tracking)
        return replace(sighting, meshes=meshes.take(rows))


def meshes_found(sightings: Sequence[Sighting]) -> Meshes:
    """The hands of all views, at least one, in their order, as their finder saw them."""
    return join_meshes([sighting.meshes for sighting in sightings if sighting.meshes is not None])
