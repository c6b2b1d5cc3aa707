"""A small pipeline whose result is readable from the picture: as many hands as the first pixel's red says."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from messages import make_hand

from hand_recon_ros.camera import assumed_camera
from hand_recon_ros.types import ByteImage, Frame, Hand, HandFrame, ScaleSource, Side, Timing

BAD = 200
CRASH = 201


def hand(number: int, metric: bool) -> Hand:
    scale = ScaleSource.METRIC if metric else ScaleSource.ASSUMED
    return replace(make_hand(0, Side.RIGHT, number), scale_source=scale)


class StandIn:
    """Remembers how it was called: the frames of every camera in order, and the cameras of each batch."""

    def __init__(self) -> None:
        self.frames: list[Frame] = []
        self.batches: list[set[str]] = []
        self.resets: list[str] = []
        self.called = threading.Event()
        self.description = {"model": "stand-in"}

    def __call__(self, frames: Mapping[str, Frame]) -> dict[str, HandFrame]:
        self.called.set()
        self.batches.append(set(frames))
        self.frames += frames.values()
        return {camera: self.hands_of(frame) for camera, frame in frames.items()}

    def hands_of(self, frame: Frame) -> HandFrame:
        count = int(frame.rgb[0, 0, 0])
        if count == BAD:
            raise ValueError("a picture of another form")
        if count == CRASH:
            raise ZeroDivisionError("networks are surprising")
        hands = tuple(hand(k + 1, frame.camera is not None) for k in range(count))
        used = frame.camera or assumed_camera(frame.rgb.shape[1], frame.rgb.shape[0])
        return HandFrame(hands, used, frame.stamp_ns, frame.frame_id, Timing(0, 1, 2, 3, 4))

    def reset(self, camera: str) -> None:
        self.resets.append(camera)


def picture(hands: int, height: int = 48, width: int = 64) -> ByteImage:
    rgb = np.zeros((height, width, 3), np.uint8)
    rgb[0, 0, 0] = hands
    return rgb
