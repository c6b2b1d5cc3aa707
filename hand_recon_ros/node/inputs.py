"""What the node knows beside the current image: intrinsics by frame, and recent depth images."""

from __future__ import annotations

import logging
from collections import deque

import numpy as np

from hand_recon_ros.bus.camera_codec import CameraInfo, camera_of, decode_camera_info
from hand_recon_ros.bus.image_codec import RawImage, decode_image, image_to_depth
from hand_recon_ros.bus.throttle import ThrottledWarning
from hand_recon_ros.types import CameraModel, FloatArray

logger = logging.getLogger(__name__)

MAX_FRAMES = 64
RECENT_DEPTHS = 5


class CameraInfos:
    """The last CameraInfo of each frame_id; images never wait for one."""

    def __init__(self) -> None:
        self._infos: dict[str, CameraInfo] = {}
        self._state: dict[str, str] = {}
        self._problem = ""
        self._bad = ThrottledWarning(logger)

    def receive(self, cdr: memoryview) -> None:
        """Keep a CameraInfo message; a damaged one is logged and left out."""
        try:
            info = decode_camera_info(cdr)
        except ValueError as error:
            self._bad(f"camera_info left out: {error}")
            return
        if info.frame_id in self._infos or len(self._infos) < MAX_FRAMES:
            self._infos[info.frame_id] = info

    def camera(self, frame_id: str, width: int, height: int, rectified: bool) -> CameraModel | None:
        """Intrinsics for an image, or None when there are no usable ones; each change is logged once."""
        info = self._infos.get(frame_id)
        if info is None:
            known = ", ".join(map(repr, self._infos)) or "none"
            self._report(frame_id, f"no camera_info for frame {frame_id!r} (known: {known}); assuming a field of view")
            return None
        try:
            camera = camera_of(info, width, height, rectified)
        except ValueError as error:
            self._report(
                frame_id, f"camera_info of frame {frame_id!r} is not usable: {error}; assuming a field of view"
            )
            return None
        if camera is None:
            self._report(frame_id, f"camera {frame_id!r} is not calibrated; assuming a field of view")
        else:
            self._report(frame_id, "")
        return camera

    @property
    def problem(self) -> str:
        """Why the intrinsics of the newest image are not known; empty when they are."""
        return self._problem

    def _report(self, frame_id: str, problem: str) -> None:
        self._problem = problem
        before = self._state.get(frame_id)
        if problem == before or (frame_id not in self._state and len(self._state) >= MAX_FRAMES):
            return
        self._state[frame_id] = problem
        if problem:
            logger.warning(problem)
        else:
            logger.info("intrinsics of frame %r from camera_info", frame_id)


class DepthImages:
    """The newest depth images; an image takes the one nearest in time."""

    def __init__(self) -> None:
        self._recent: deque[RawImage] = deque(maxlen=RECENT_DEPTHS)
        self._bad = ThrottledWarning(logger)

    def receive(self, cdr: memoryview) -> None:
        """Keep a depth message; a damaged one is logged and left out."""
        try:
            self._recent.append(decode_image(cdr))
        except ValueError as error:
            self._bad(f"depth image left out: {error}")

    def depth(self, stamp_ns: int, frame_id: str, shape: tuple[int, int], tolerance_s: float) -> FloatArray | None:
        """Depth (H, W) in metres registered to an image, or None; one that does not fit it is logged and left out."""
        nearest = min(tuple(self._recent), key=lambda image: abs(image.stamp_ns - stamp_ns), default=None)
        if nearest is None or abs(nearest.stamp_ns - stamp_ns) > tolerance_s * 1e9:
            return None
        try:
            depth = image_to_depth(nearest)
        except ValueError as error:
            self._bad(f"depth image left out: {error}")
            return None
        if nearest.frame_id != frame_id or depth.shape != shape:
            self._bad(
                f"depth image left out: expected one registered to frame {frame_id!r} of {shape[1]}x{shape[0]}, "
                f"got {nearest.frame_id!r} of {nearest.width}x{nearest.height}"
            )
            return None
        return np.asarray(depth, np.float32)
