"""A small pipeline whose result is readable from the picture: as many hands as the first pixel's red says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from messages import make_hand

from hand_recon_ros.camera import assumed_camera
from hand_recon_ros.types import ByteImage, CameraModel, FloatArray, Hand, HandFrame, ScaleSource, Side, Timing

BAD = 200
CRASH = 201


def hand(number: int, metric: bool) -> Hand:
    scale = ScaleSource.METRIC if metric else ScaleSource.ASSUMED
    return replace(make_hand(0, Side.RIGHT, number), scale_source=scale)


class StandIn:
    """Remembers how it was called."""

    def __init__(self) -> None:
        self.calls: list[tuple[int, str, CameraModel | None, FloatArray | None]] = []
        self.resets = 0

    def __call__(
        self,
        rgb: ByteImage,
        camera: CameraModel | None = None,
        stamp_ns: int = 0,
        frame_id: str = "",
        depth: FloatArray | None = None,
    ) -> HandFrame:
        self.calls.append((stamp_ns, frame_id, camera, depth))
        count = int(rgb[0, 0, 0])
        if count == BAD:
            raise ValueError("a picture of another form")
        if count == CRASH:
            raise ZeroDivisionError("networks are surprising")
        hands = tuple(hand(k + 1, camera is not None) for k in range(count))
        used = camera or assumed_camera(rgb.shape[1], rgb.shape[0])
        return HandFrame(hands, used, stamp_ns, frame_id, Timing(0, 1, 2, 3, 4))

    def reset(self) -> None:
        self.resets += 1


def picture(hands: int, height: int = 48, width: int = 64) -> ByteImage:
    rgb = np.zeros((height, width, 3), np.uint8)
    rgb[0, 0, 0] = hands
    return rgb
