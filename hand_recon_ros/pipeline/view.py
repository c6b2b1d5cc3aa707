"""One camera from picture to picture: what is remembered of it, and how its next picture is looked at."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from hand_recon_ros.camera import assumed_camera, scaled_camera
from hand_recon_ros.pipeline.landmarks import Landmarks
from hand_recon_ros.pipeline.meshes import Meshes
from hand_recon_ros.pipeline.settings import Settings
from hand_recon_ros.pipeline.tracking import Track, detection_due, new_track
from hand_recon_ros.types import ByteImage, CameraModel, Frame

MAX_GAP_NS = 1_000_000_000
"""Tracks are forgotten when stamps jump back, or ahead by more than this."""


@dataclass(frozen=True)
class Memory:
    """What is remembered of a camera between its pictures.

    Attributes:
        tracks: the hands of its last picture.
        lost: whether that picture lacked a hand of the one before.
        since_detection: pictures since the last look for further hands.
        detections: number of such looks.
        empty: pictures in a row without a hand; counted while tracking.
        stamp_ns: stamp of its last picture, None before the first.
        next_id: number of its next new track; numbers are never given twice.
    """

    tracks: tuple[Track, ...] = ()
    lost: bool = False
    since_detection: int = 0
    detections: int = 0
    empty: int = 0
    stamp_ns: int | None = None
    next_id: int = 1

    def forgotten(self) -> Memory:
        """Without its tracks."""
        return Memory(next_id=self.next_id)

    def brought_to(self, stamp_ns: int) -> tuple[Memory, float]:
        """The memory at the next picture and the seconds since the last; without tracks where the stamps jump."""
        known = replace(self, stamp_ns=stamp_ns)
        if self.stamp_ns is None:
            return known, 0.0
        if not 0 <= stamp_ns - self.stamp_ns <= MAX_GAP_NS:
            return replace(self.forgotten(), stamp_ns=stamp_ns), 0.0
        return known, (stamp_ns - self.stamp_ns) * 1e-9


@dataclass(frozen=True)
class View:
    """One camera's picture.

    Attributes:
        name: of the camera.
        camera: the intrinsics that are used, assumed ones where the frame has none.
        memory: what is remembered of the camera, brought to the frame's stamp.
        seconds: since its last picture; 0 where nothing goes on.
        detecting: whether it is time to look for further hands.
    """

    name: str
    frame: Frame
    camera: CameraModel
    memory: Memory
    seconds: float
    detecting: bool


@dataclass(frozen=True)
class Sighting:
    """The hands that a view shows, each once.

    Attributes:
        seen: N hands, and tracks: the N tracks so far.
        after: what to remember of the camera, but for the tracks, which are still to be fitted.
        meshes: the N hands' surfaces, where the network that found them also gave these.
    """

    view: View
    seen: Landmarks
    tracks: tuple[Track, ...]
    after: Memory
    meshes: Meshes | None = None

    @property
    def boxes(self) -> npt.NDArray[np.floating]:
        """Tight boxes (N, 2, 2) around the hands, low and high corners, in pixels."""
        return np.stack([self.seen.pixels.min(axis=1), self.seen.pixels.max(axis=1)], axis=1)


def open_view(name: str, frame: Frame, memory: Memory, settings: Settings, smallest: int = 1) -> View:
    """A frame, of at least so many pixels along its longer side, with what is known of its camera.

    Raises:
        ValueError: a picture, camera or depth image of the wrong form.
    """
    _check(frame, smallest)
    height, width = frame.rgb.shape[:2]
    camera = (
        scaled_camera(frame.camera, width, height) if frame.camera else assumed_camera(width, height, settings.fov_deg)
    )
    memory, seconds = memory.brought_to(frame.stamp_ns)
    detecting = detection_due(
        len(memory.tracks), settings.max_hands, memory.lost, memory.since_detection + 1, memory.empty
    )
    return View(name, frame, camera, memory, seconds, detecting)


def follow(view: View, seen: Landmarks, regions: npt.NDArray[np.intp], tracking: bool) -> Sighting:
    """The hands that were seen, each with its track.

    Args:
        view: with T tracks.
        seen: N hands, each in one region.
        regions: (N,) number of that region; under T it is the number of the track whose hand was looked for there.
        tracking: whether new hands get a track number.
    """
    known = view.memory.tracks
    tracks, next_id = [], view.memory.next_id
    for region, pixels, right in zip(regions.tolist(), seen.pixels, seen.right.tolist(), strict=True):
        track = known[region].seen_again(pixels, right) if region < len(known) else None
        if track is None or track.side != known[region].side:  # a hand that changes side is another hand
            track = new_track(next_id if tracking else 0, pixels, right)
            next_id += tracking
        tracks.append(track)
    after = replace(
        view.memory,
        lost=len(known) > int((regions < len(known)).sum()),
        since_detection=0 if view.detecting else view.memory.since_detection + 1,
        detections=view.memory.detections + view.detecting,
        empty=view.memory.empty + 1 if tracking and not tracks else 0,
        next_id=next_id,
    )
    return Sighting(view, seen, tuple(tracks), after)


def _check(frame: Frame, smallest: int) -> None:
    rgb: ByteImage = frame.rgb
    if rgb.ndim != 3 or rgb.shape[2] != 3 or rgb.dtype != np.uint8 or not rgb.size:
        raise ValueError(
            f"a picture must be an RGB array of shape (height, width, 3) and type uint8, got {rgb.shape} {rgb.dtype}; "
            "convert it first"
        )
    if max(rgb.shape[:2]) < smallest:
        raise ValueError(
            f"this model needs a picture of at least {smallest} pixels along its longer side, "
            f"got {rgb.shape[1]}x{rgb.shape[0]}; give a larger picture, or use the default model"
        )
    if frame.depth is not None and frame.depth.shape != rgb.shape[:2]:
        raise ValueError(
            f"a depth image must be registered to the picture and have its size {rgb.shape[:2]}, "
            f"got {frame.depth.shape}"
        )
