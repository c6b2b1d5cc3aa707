"""Several cameras, one batch: pictures in, metric hands out, with the networks and the fit shared by all cameras."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from hand_recon_ros.hand_model import HandModel
from hand_recon_ros.pipeline.assembly import place_hands
from hand_recon_ros.pipeline.loading import Options, load_model
from hand_recon_ros.pipeline.reconstruction import Reconstruction
from hand_recon_ros.pipeline.roles import Finder, Reconstructor
from hand_recon_ros.pipeline.settings import Settings
from hand_recon_ros.pipeline.smoothing import OneEuro
from hand_recon_ros.pipeline.tracking import Track
from hand_recon_ros.pipeline.view import Memory, Sighting, View, open_view
from hand_recon_ros.types import Frame, Hand, HandFrame, Side, Timing

MAX_CAMERAS = 64


class HandRig:
    """Reconstructs the hands of several cameras' pictures; a stateful object for one thread.

    Example:
        rig = HandRig.create(tracking=True)
        found = rig({"left": Frame(left_rgb, stamp_ns, camera=left), "right": Frame(right_rgb, stamp_ns, camera=right)})
        print(found["left"].hands)
    """

    def __init__(
        self,
        finder: Finder,
        reconstructor: Reconstructor,
        settings: Settings,
        description: Mapping[str, str] | None = None,
    ) -> None:
        """Compose a rig; `create` is the usual way."""
        self.settings = settings
        self.description = dict(description or {})
        """What runs, and where, for people."""
        self._finder, self._reconstructor = finder, reconstructor
        self._memories: dict[str, Memory] = {}

    @classmethod
    def create(
        cls,
        model: str = "default",
        device: str = "auto",
        tracking: bool = False,
        max_hands: int = 4,
        min_score: float = 0.5,
        smoothing: OneEuro | None = None,
        fov_deg: float = 60.0,
        threads: int | None = None,
        mano: Path | None = None,
        random_weights: bool = False,
        precision: str = "float32",
    ) -> HandRig:
        """Load a model by a name that `hand-recon models` lists, onto "cpu", "cuda", or whichever is there ("auto").

        Settings explains tracking, max_hands, min_score, smoothing and fov_deg. Mesh networks take the folder `mano`
        with the user's MANO_RIGHT.pkl, and MANO_LEFT.pkl if there is one, or else pose the free hand; random_weights
        are for tests and benchmarks. On CUDA the networks may compute in precision "float16", a little less exactly.

        Raises:
            ValueError: an unknown model, device or setting, or files that do not fit; the sentence says what is known.
            OSError: weights or files are missing; the sentence says how to get them.
            RuntimeError: CUDA was asked for and is not there.
        """
        settings = Settings(tracking, max_hands, min_score, smoothing, fov_deg)
        loaded = load_model(model, settings, Options(device, threads, mano, random_weights, precision))
        return cls(loaded.finder, loaded.reconstructor, settings, loaded.description)

    @property
    def models(self) -> Mapping[Side, HandModel]:
        """Hand model of each side, which the hands' poses and shapes belong to."""
        return self._reconstructor.models

    def reset(self, camera: str) -> None:
        """Forget the tracks of one camera; its next tracks get new numbers."""
        if camera in self._memories:
            self._memories[camera] = self._memories[camera].forgotten()

    def __call__(self, frames: Mapping[str, Frame]) -> dict[str, HandFrame]:
        """Reconstruct every hand of one picture of each camera.

        Args:
            frames: by the camera's name, any of the cameras: what is remembered of the others stays as it is. A
                frame's camera may be of its picture's size or a pure scale of it; None assumes a field of view.

        Returns:
            The hands by the camera's name. Timing is that of the whole call.

        Raises:
            ValueError: a picture, camera or depth image of the wrong form, or too many cameras; nothing is changed.
        """
        started = time.perf_counter()
        views = self._views(frames)
        regions = self._finder.regions(views)
        detected = time.perf_counter()
        sightings = self._finder.look(views, regions)
        tracks, built = self._reconstructor(sightings)
        fitted = time.perf_counter()
        hands = self._finish(sightings, tracks, built)
        ended = time.perf_counter()
        stages = ((started, detected), (detected, fitted), (fitted, ended), (started, ended))
        timing = Timing(0.0, *(1e3 * (end - start) for start, end in stages))
        return {
            name: HandFrame(found, view.camera, view.frame.stamp_ns, view.frame.frame_id, timing)
            for name, view, found in zip(frames, views, hands, strict=True)
        }

    def _views(self, frames: Mapping[str, Frame]) -> list[View]:
        if len(self._memories.keys() | frames.keys()) > MAX_CAMERAS:
            raise ValueError(f"expected at most {MAX_CAMERAS} cameras, got more; start another process for them")
        return [self._view(name, frame) for name, frame in frames.items()]

    def _view(self, name: str, frame: Frame) -> View:
        try:
            return open_view(
                name, frame, self._memories.get(name, Memory()), self.settings, self._reconstructor.smallest
            )
        except ValueError as error:
            if not name:
                raise
            raise ValueError(f"camera {name}: {error}") from error

    def _finish(
        self, sightings: Sequence[Sighting], tracks: Sequence[Track], built: Reconstruction
    ) -> list[tuple[Hand, ...]]:
        """The hands of each view at their distances; keeps what is to be remembered of its camera."""
        found, start = [], 0
        for sighting in sightings:
            rows = slice(start, start + len(sighting.tracks))
            kept, hands = place_hands(sighting, tracks[rows], built.take(rows), self.models)
            self._memories[sighting.view.name] = replace(sighting.after, tracks=kept if self.settings.tracking else ())
            found.append(hands)
            start = rows.stop
        return found
