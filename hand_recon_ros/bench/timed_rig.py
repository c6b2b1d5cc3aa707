"""A rig whose parts are put into others that time and count them: the pipeline itself knows nothing of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from hand_recon_ros.bench.stopwatch import Stopwatch
from hand_recon_ros.hand_model import HandModel
from hand_recon_ros.pipeline import HandRig, Settings
from hand_recon_ros.pipeline.finding import EngineNetworks, HandFinder
from hand_recon_ros.pipeline.landmark_fit import LandmarkFit
from hand_recon_ros.pipeline.loading import Options, load_model
from hand_recon_ros.pipeline.reconstruction import Reconstruction
from hand_recon_ros.pipeline.roles import Array
from hand_recon_ros.pipeline.tracking import Track
from hand_recon_ros.pipeline.view import Memory, Sighting, View
from hand_recon_ros.runtime import Engine
from hand_recon_ros.runtime.backends import Outputs
from hand_recon_ros.types import ByteImage, Frame, HandFrame, Side

DETECTOR, LANDMARKER = "palm network", "hand network"
STAGES = ("detect", DETECTOR, "crop", LANDMARKER, "fit", "mesh", "place")
"""What a rig does with its frames, in order."""


class TimedEngine(Engine):
    """An engine whose calls are a stage of as many items as there are images."""

    def __init__(self, engine: Engine, stage: str, watch: Stopwatch) -> None:
        self.info = engine.info
        self._engine, self._stage, self._watch = engine, stage, watch

    def __call__(self, images: ByteImage) -> Outputs:
        """As the engine."""
        with self._watch.stage(self._stage, len(images)):
            return self._engine(images)


@dataclass(frozen=True)
class TimedFinder:
    """A finder in two stages: the search for further hands, and the crops of all."""

    finder: HandFinder
    watch: Stopwatch

    def regions(self, views: Sequence[View]) -> list[Array]:
        """As the finder."""
        with self.watch.stage("detect"):
            return self.finder.regions(views)

    def look(self, views: Sequence[View], regions: Sequence[Array]) -> list[Sighting]:
        """As the finder."""
        with self.watch.stage("crop"):
            return self.finder.look(views, regions)


@dataclass(frozen=True)
class TimedReconstructor:
    """A reconstructor as one stage."""

    fit: LandmarkFit
    watch: Stopwatch

    @property
    def models(self) -> Mapping[Side, HandModel]:
        """As the fit's."""
        return self.fit.models

    @property
    def smallest(self) -> int:
        """As the fit's."""
        return self.fit.smallest

    def __call__(self, sightings: Sequence[Sighting]) -> tuple[list[Track], Reconstruction]:
        """As the fit."""
        with self.watch.stage("mesh"):
            return self.fit(sightings)


@dataclass(frozen=True)
class TimedRig:
    """A tracking rig with the default model, and the watch on its stages."""

    rig: HandRig
    watch: Stopwatch

    def __call__(self, frames: Mapping[str, Frame]) -> dict[str, HandFrame]:
        """As the rig."""
        with self.watch.stage("place"):
            return self.rig(frames)

    def gather(self, camera: str) -> None:
        """Have one camera track the hands that all cameras have tracked so far, and forget those."""
        memories = self.rig._memories
        tracks = [track for memory in memories.values() for track in memory.tracks]
        memories.clear()
        memories[camera] = Memory(tuple(replace(track, track_id=k) for k, track in enumerate(tracks, start=1)))


def timed_rig(max_hands: int, device: str = "cpu", threads: int | None = None) -> TimedRig:
    """Load a tracking rig and put its parts under a watch; errors as those of HandRig.create."""
    watch, settings = Stopwatch(), Settings(tracking=True, max_hands=max_hands)
    loaded = load_model("default", settings, Options(device, threads))
    finder, fit = loaded.finder, loaded.reconstructor
    assert isinstance(finder, HandFinder) and isinstance(fit, LandmarkFit)
    networks = finder.networks
    assert isinstance(networks, EngineNetworks)
    timed = TimedEngine(networks.detector, DETECTOR, watch), TimedEngine(networks.landmarker, LANDMARKER, watch)
    finder = replace(finder, networks=EngineNetworks(*timed))
    fit = replace(fit, fit=watch.timing("fit", fit.fit))
    return TimedRig(HandRig(TimedFinder(finder, watch), TimedReconstructor(fit, watch), settings), watch)
