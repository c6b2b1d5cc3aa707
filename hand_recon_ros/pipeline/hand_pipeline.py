"""Pictures in, metric hands out: detection or tracking, landmarks, fit, smoothing, placement."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np

from hand_recon_ros.camera import assumed_camera, scaled_camera
from hand_recon_ros.hand_model import HandModel, load_free_hand
from hand_recon_ros.pipeline.articulation import Articulation
from hand_recon_ros.pipeline.assembly import assemble_hand
from hand_recon_ros.pipeline.depth import measured_scale
from hand_recon_ros.pipeline.finding import kept_hands, new_regions, tracked_regions
from hand_recon_ros.pipeline.fitting import fit_hands
from hand_recon_ros.pipeline.hand_state import join_states
from hand_recon_ros.pipeline.landmarks import Landmarks, find_landmarks
from hand_recon_ros.pipeline.recipes import find_recipe, load_articulation
from hand_recon_ros.pipeline.reconstruction import observe, reconstruct, resized
from hand_recon_ros.pipeline.smoothing import OneEuro
from hand_recon_ros.pipeline.tracking import Track, detection_due, new_track
from hand_recon_ros.runtime import Engine, load_engine
from hand_recon_ros.types import ByteImage, CameraModel, FloatArray, Hand, HandFrame, Side, Timing

MAX_GAP_NS = 1_000_000_000
"""Tracks are forgotten when stamps jump back, or ahead by more than this."""


@dataclass(frozen=True)
class Settings:
    """How a pipeline works.

    Attributes:
        tracking: follow hands from frame to frame; off, every picture stands alone.
        max_hands: most hands a picture.
        min_score: probability of being a hand under which a finding is dropped.
        smoothing: one-euro filter of tracked hands, or None.
        fov_deg: field of view across the longer side that is assumed without intrinsics.
    """

    tracking: bool = False
    max_hands: int = 4
    min_score: float = 0.5
    smoothing: OneEuro | None = None
    fov_deg: float = 60.0

    def __post_init__(self) -> None:
        if self.max_hands < 1:
            raise ValueError(f"max_hands must be at least 1, got {self.max_hands}")
        if not 0 < self.min_score < 1:
            raise ValueError(f"min_score must lie between 0 and 1, got {self.min_score}")


class HandPipeline:
    """Reconstructs the hands of one camera's pictures; a stateful object for one thread.

    Example:
        pipeline = HandPipeline.create()
        for hand in pipeline(rgb, camera=CameraModel(fx, fy, cx, cy, width, height)).hands:
            print(hand.side.name, hand.wrist.position)
    """

    def __init__(
        self, detector: Engine, landmarker: Engine, hand: HandModel, points: Articulation, settings: Settings
    ) -> None:
        """Compose a pipeline; `create` is the usual way. hand is a right hand, points its landmarks."""
        self.settings = settings
        self._detector, self._landmarker = detector, landmarker
        self._points = points
        self._models = {Side.RIGHT: hand, Side.LEFT: hand.mirrored()}
        self._next_id = 1
        self.reset()

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
    ) -> HandPipeline:
        """Load a model by a name that `hand-recon models` lists, onto "cpu", "cuda", or whichever is there ("auto").

        Raises:
            ValueError: an unknown model, device or setting; the sentence says which are known.
            RuntimeError: CUDA was asked for and is not there.
        """
        settings = Settings(tracking, max_hands, min_score, smoothing, fov_deg)
        chosen = find_recipe(model)
        hand = load_free_hand()
        return cls(
            load_engine(chosen.detector, device, threads),
            load_engine(chosen.landmarker, device, threads),
            hand,
            load_articulation(hand, chosen),
            settings,
        )

    def reset(self) -> None:
        """Forget all tracks."""
        self._tracks: tuple[Track, ...] = ()
        self._lost = False
        self._since_detection = 0
        self._stamp_ns: int | None = None

    def __call__(
        self,
        rgb: ByteImage,
        camera: CameraModel | None = None,
        stamp_ns: int = 0,
        frame_id: str = "",
        depth: FloatArray | None = None,
    ) -> HandFrame:
        """Reconstruct every hand of a picture.

        Args:
            rgb: (H, W, 3) uint8.
            camera: intrinsics, of this size or a pure scale of it; None assumes a field of view.
            stamp_ns: time of exposure; drives smoothing and the forgetting of tracks.
            frame_id: copied to the result.
            depth: (H, W) metres registered to rgb, NaN or 0 where unknown.

        Raises:
            ValueError: a picture, camera or depth image of the wrong form.
        """
        started = time.perf_counter()
        _check(rgb, depth)
        height, width = rgb.shape[:2]
        used = scaled_camera(camera, width, height) if camera else assumed_camera(width, height, self.settings.fov_deg)
        seconds = self._advance(stamp_ns)
        regions = self._regions(rgb)
        detected = time.perf_counter()
        seen, tracks = self._look(rgb, regions)
        tracks = self._fit(seen, tracks, used, seconds)
        fitted = time.perf_counter()
        tracks, hands = self._place(seen, tracks, used, camera is not None, depth)
        self._tracks = tuple(tracks) if self.settings.tracking else ()
        ended = time.perf_counter()
        stages = [
            1e3 * (b - a) for a, b in ((started, detected), (detected, fitted), (fitted, ended), (started, ended))
        ]
        return HandFrame(tuple(hands), used, stamp_ns, frame_id, Timing(0.0, *stages))

    def _advance(self, stamp_ns: int) -> float:
        """Seconds since the last picture; forgets the tracks when the stamps jump."""
        last, self._stamp_ns = self._stamp_ns, stamp_ns
        if last is None:
            return 0.0
        if not 0 <= stamp_ns - last <= MAX_GAP_NS:
            self.reset()
            self._stamp_ns = stamp_ns
            return 0.0
        return (stamp_ns - last) * 1e-9

    def _regions(self, rgb: ByteImage) -> FloatArray:
        """Where to look for hands: around the tracked ones first, then where the detector finds further ones."""
        known = tracked_regions(self._tracks)
        wanted = self.settings.max_hands
        self._since_detection += 1
        if not detection_due(len(known), wanted, self._lost, self._since_detection):
            return known
        self._since_detection = 0
        return np.concatenate([known, new_regions(self._detector, self._landmarker, rgb, self._tracks, 2 * wanted)])

    def _look(self, rgb: ByteImage, regions: FloatArray) -> tuple[Landmarks, list[Track]]:
        """The hands that are there, each with its track so far."""
        seen = find_landmarks(self._landmarker, rgb, regions)
        rows = kept_hands(seen, len(self._tracks), self.settings.min_score, self.settings.max_hands)
        seen = seen.take(rows)
        self._lost = len(self._tracks) > int((rows < len(self._tracks)).sum())
        return seen, [
            self._follow(row, pixels, right)
            for row, pixels, right in zip(rows.tolist(), seen.pixels, seen.right.tolist(), strict=True)
        ]

    def _follow(self, row: int, pixels: FloatArray, right: float) -> Track:
        """The track of the hand that region `row` showed; a hand that changes side is another hand."""
        if row < len(self._tracks):
            track = self._tracks[row].seen_again(pixels, right)
            if track.side == self._tracks[row].side:
                return track
        if not self.settings.tracking:
            return new_track(0, pixels, right)
        self._next_id += 1
        return new_track(self._next_id - 1, pixels, right)

    def _fit(self, seen: Landmarks, tracks: list[Track], camera: CameraModel, seconds: float) -> list[Track]:
        """Fit the hand model to every hand, and smooth if asked to."""
        if not tracks:
            return []
        observed = observe(seen, [track.side for track in tracks], camera)
        states = fit_hands(self._points, observed, [track.state for track in tracks])
        tracks = [replace(track, state=state) for track, state in zip(tracks, states, strict=True)]
        if self.settings.smoothing is None:
            return tracks
        return [track.smoothed_by(self.settings.smoothing, seconds) for track in tracks]

    def _place(
        self, seen: Landmarks, tracks: list[Track], camera: CameraModel, calibrated: bool, depth: FloatArray | None
    ) -> tuple[list[Track], list[Hand]]:
        """Meshes of the fitted hands in metres, at measured distances where depth shows them."""
        if not tracks:
            return [], []
        sides = [track.side for track in tracks]
        built = reconstruct(self._models[Side.RIGHT], self._points, join_states([t.output for t in tracks]), sides)
        scales = np.full(len(tracks), np.nan)
        if depth is not None:
            for row, side in enumerate(sides):
                scales[row] = measured_scale(built.vertices[row], self._models[side].faces, camera, depth)
        tracks = [track.measured(scale) for track, scale in zip(tracks, scales.tolist(), strict=True)]
        sizes = np.array([track.size for track in tracks])
        built = resized(built, sizes, np.where(np.isnan(scales), sizes, scales))
        return tracks, [
            assemble_hand(row, track, self._models[track.side], seen, built, camera, calibrated or track.sizes > 0)
            for row, track in enumerate(tracks)
        ]


def _check(rgb: ByteImage, depth: FloatArray | None) -> None:
    if rgb.ndim != 3 or rgb.shape[2] != 3 or rgb.dtype != np.uint8 or not rgb.size:
        raise ValueError(
            f"a picture must be an RGB array of shape (height, width, 3) and type uint8, got {rgb.shape} {rgb.dtype}; "
            "convert it first"
        )
    if depth is not None and depth.shape != rgb.shape[:2]:
        raise ValueError(
            f"a depth image must be registered to the picture and have its size {rgb.shape[:2]}, got {depth.shape}"
        )
