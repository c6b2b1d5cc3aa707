"""The data that flows through the package: frames in, reconstructed hands out.

Units are SI. The camera optical frame has x right, y down, z forward. Pixels are (u, v) with the origin at the
centre of the top-left pixel of the image as received. Images are RGB.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]
ByteImage = npt.NDArray[np.uint8]
IndexArray = npt.NDArray[np.int32]


class Side(IntEnum):
    """Anatomical side, for an image that is not mirrored."""

    UNKNOWN = 0
    LEFT = 1
    RIGHT = 2


class ScaleSource(IntEnum):
    """Where the metres of a hand come from."""

    UNKNOWN = 0
    ASSUMED = 1  # no usable intrinsics: a field of view was assumed
    METRIC = 2  # intrinsics of the camera, or measured depth


class Joint(IntEnum):
    """The 21 joints in the order of every joint array of this package."""

    WRIST = 0
    THUMB_CMC = 1
    THUMB_MCP = 2
    THUMB_IP = 3
    THUMB_TIP = 4
    INDEX_MCP = 5
    INDEX_PIP = 6
    INDEX_DIP = 7
    INDEX_TIP = 8
    MIDDLE_MCP = 9
    MIDDLE_PIP = 10
    MIDDLE_DIP = 11
    MIDDLE_TIP = 12
    RING_MCP = 13
    RING_PIP = 14
    RING_DIP = 15
    RING_TIP = 16
    PINKY_MCP = 17
    PINKY_PIP = 18
    PINKY_DIP = 19
    PINKY_TIP = 20


JOINT_COUNT = len(Joint)
FINGERS = ("thumb", "index", "middle", "ring", "pinky")
BONES = tuple((0 if k == 0 else 4 * f + k, 4 * f + k + 1) for f in range(5) for k in range(4))
"""Parent and child joint of the 20 bones, thumb to pinky, each from the wrist outwards."""

DISTORTION_MODELS = {"": 0, "plumb_bob": 5, "rational_polynomial": 8, "equidistant": 4}
"""ROS distortion models and how many coefficients each may have at most ("" is none)."""


@dataclass(frozen=True)
class CameraModel:
    """Pinhole intrinsics in pixels with an optional ROS distortion model (sensor_msgs/CameraInfo names).

    Raises:
        ValueError: an intrinsic value that is not finite, a focal length or size that is not positive, or a
            distortion that does not fit its model.
    """

    fx: float
    fy: float
    cx: float
    cy: float
    width: int
    height: int
    distortion: tuple[float, ...] = ()
    distortion_model: str = "plumb_bob"

    def __post_init__(self) -> None:
        values = (self.fx, self.fy, self.cx, self.cy, *self.distortion)
        if not all(math.isfinite(v) for v in values):
            raise ValueError(f"camera intrinsics must be finite numbers, got {values}; calibrate the camera again")
        if self.fx <= 0 or self.fy <= 0:
            raise ValueError(
                f"focal lengths must be positive pixels, got fx={self.fx} fy={self.fy}; "
                "zeros mean an uncalibrated camera: leave the camera out to assume a field of view"
            )
        if self.width <= 0 or self.height <= 0:
            raise ValueError(f"camera size must be positive pixels, got {self.width}x{self.height}")
        if self.distortion_model not in DISTORTION_MODELS:
            raise ValueError(
                f"distortion model must be one of {', '.join(filter(None, DISTORTION_MODELS))}, "
                f"got {self.distortion_model!r}; rectify the image and use no distortion"
            )
        if len(self.distortion) > DISTORTION_MODELS[self.distortion_model]:
            raise ValueError(
                f"{self.distortion_model} takes at most {DISTORTION_MODELS[self.distortion_model]} distortion "
                f"coefficients, got {len(self.distortion)}"
            )

    @property
    def matrix(self) -> npt.NDArray[np.float64]:
        """Intrinsic matrix K, shape (3, 3)."""
        return np.array([[self.fx, 0, self.cx], [0, self.fy, self.cy], [0, 0, 1]], np.float64)

    @property
    def distorted(self) -> bool:
        """Whether any distortion coefficient differs from zero."""
        return any(self.distortion)


@dataclass(frozen=True)
class Frame:
    """One picture of one camera.

    Attributes:
        rgb: (H, W, 3) uint8.
        stamp_ns: time of exposure, nanoseconds.
        frame_id: name of the camera optical frame.
        depth: (H, W) float32 metres, registered to rgb; NaN or 0 where unknown.
    """

    rgb: ByteImage
    stamp_ns: int = 0
    frame_id: str = ""
    camera: CameraModel | None = None
    depth: FloatArray | None = None


class Pose(NamedTuple):
    """A rigid pose in the camera optical frame: rotation (3, 3), position (3,) metres."""

    rotation: FloatArray
    position: FloatArray


class Roi(NamedTuple):
    """Axis-aligned box in whole pixels, clipped to the image (sensor_msgs/RegionOfInterest without rectification)."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True)
class Hand:
    """One reconstructed hand; all 3D in metres in the camera optical frame.

    Attributes:
        side: anatomical side, with its probability in side_score.
        score: probability that this is a hand.
        track_id: stable number while the hand is tracked, 0 when untracked.
        joints: (21, 3) in the order of Joint.
        joints_2d: (21, 2) observed joint positions in pixels.
        joint_scores: (21,) confidence of each joint, NaN where not estimated.
        vertices: (V, 3), and faces: (F, 3) vertex indices, outward winding.
        wrist: operator frame at the wrist: x out of the palm, z to the fingertips, y pinky to thumb on a right hand
            and thumb to pinky on a left one.
        pose: (16, 3) axis-angle joint rotations of the hand model, wrist first, or None.
        betas: (10,) shape coefficients of the hand model, or None.
        model: name of the hand model that pose, betas and vertices belong to.
    """

    side: Side
    side_score: float
    score: float
    track_id: int
    scale_source: ScaleSource
    joints: FloatArray
    joints_2d: FloatArray
    joint_scores: FloatArray
    vertices: FloatArray
    faces: IndexArray
    wrist: Pose
    roi: Roi
    pose: FloatArray | None = None
    betas: FloatArray | None = None
    model: str = ""


@dataclass(frozen=True)
class Timing:
    """Wall time of the stages of one frame, in milliseconds."""

    decode_ms: float = 0.0
    detect_ms: float = 0.0
    reconstruct_ms: float = 0.0
    postprocess_ms: float = 0.0
    total_ms: float = 0.0


@dataclass(frozen=True)
class HandFrame:
    """All hands of one frame, with the intrinsics that were used (assumed ones when the frame had none)."""

    hands: tuple[Hand, ...]
    camera: CameraModel
    stamp_ns: int = 0
    frame_id: str = ""
    timing: Timing = field(default_factory=Timing)
