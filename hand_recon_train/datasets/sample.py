"""What every data set gives: a picture and the truth about the hands in it.

Metres in the camera optical frame (x right, y down, z forward), pixels with the origin at the centre of the top-left
one, RGB, joints in the order of types.Joint: whatever a data set stores, its reader converts to this.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Protocol

import numpy as np
import numpy.typing as npt

from hand_recon_ros.camera import project
from hand_recon_ros.types import JOINT_COUNT, ByteImage, CameraModel, FloatArray, Side

Mask = npt.NDArray[np.bool_]
Doubles = npt.NDArray[np.float64]


class PoseKind(Enum):
    """What the last 45 numbers of a pose are; the first three are always the wrist's axis-angle."""

    FULL = "axis-angle of the 15 finger joints, ready for skinning"
    WITHOUT_MEAN = "axis-angle of the 15 finger joints, to which the model's mean pose has to be added"
    COEFFICIENTS = "coefficients of the model's 45 pose components, to whose sum the mean pose has to be added"


@dataclass(frozen=True)
class ManoParameters:
    """Parameters of a hand in the camera frame.

    Attributes:
        pose: (48,) of the given kind; always FULL in samples of a data set that was opened with hand models.
        betas: (10,) shape coefficients.
        translation: (3,) metres, added after skinning; None where the data set says it in a way that needs the model.
    """

    pose: FloatArray
    betas: FloatArray
    translation: FloatArray | None
    kind: PoseKind


@dataclass(frozen=True)
class HandTruth:
    """One annotated hand; what is not known is NaN in arrays, None elsewhere.

    Attributes:
        side: anatomical side.
        joints: (21, 3) metres.
        joints_2d: (21, 2) pixels.
        placed: whether joints, vertices and translation are in the camera frame; if not, only their differences to the
            wrist count.
        visible: (21,) whether each joint can be seen, where the data set says so.
        vertices: (V, 3) metres, where the data set has them or hand models were given.
        mano: the hand's parameters.
        mask: (H, W) pixels that show this hand.
        box: (4,) left, top, width, height in pixels, where one is annotated.
        camera: what this hand is seen through, where that differs from the sample's camera (composites).
    """

    side: Side
    joints: FloatArray
    joints_2d: FloatArray
    placed: bool = True
    visible: Mask | None = None
    vertices: FloatArray | None = None
    mano: ManoParameters | None = None
    mask: Mask | None = None
    box: FloatArray | None = None
    camera: CameraModel | None = None

    @property
    def joints_known(self) -> Mask:
        """(21,) which joints are known in 3D."""
        return np.asarray(np.isfinite(self.joints).all(axis=1))

    @property
    def joints_2d_known(self) -> Mask:
        """(21,) which joints are known in the picture."""
        return np.asarray(np.isfinite(self.joints_2d).all(axis=1))


@dataclass(frozen=True)
class Sample:
    """One picture with its truth.

    Attributes:
        image: (H, W, 3) uint8 RGB.
        camera: intrinsics, None where the data set has none.
        hands: the annotated hands; empty where a frame has no annotation.
        source: file the picture comes from, below the data set's folder.
    """

    image: ByteImage
    camera: CameraModel | None
    hands: tuple[HandTruth, ...]
    source: str


class HandDataset(Protocol):
    """Map-style: as torch's data loaders take it, and safe to copy into worker processes."""

    def __len__(self) -> int:
        """How many samples there are."""
        ...

    def __getitem__(self, index: int) -> Sample:
        """One sample, read from disk.

        Raises:
            DamagedFile: a picture or annotation of this sample alone cannot be read.
            ValueError: the layout is not the published one; names file and key.
            IndexError: no such sample.
        """
        ...


def unknown_joints() -> FloatArray:
    """Joints (21, 3) of which nothing is known."""
    return np.full((JOINT_COUNT, 3), np.nan, np.float32)


def projected(camera: CameraModel | None, joints: FloatArray) -> FloatArray:
    """Pixels (21, 2) of joints (21, 3); NaN where joints are, and everywhere without a camera."""
    if camera is None:
        return np.full((len(joints), 2), np.nan, np.float32)
    return project(camera, joints)
