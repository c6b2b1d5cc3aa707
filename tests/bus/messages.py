"""Hands and their messages as rosbags' own objects: an independent description to compare the encoders with."""

from __future__ import annotations

from typing import Any

import numpy as np

from hand_recon_ros.bus.definitions import message_types
from hand_recon_ros.types import CameraModel, Hand, HandFrame, Pose, Roi, ScaleSource, Side, Timing

STORE = message_types()
VERTICES, FACES = 778, 1538


def new(ros_type: str, **fields: Any) -> Any:
    """A message object; field names are checked by the constructor."""
    return STORE.types[ros_type](**fields)


def reference(message: Any, ros_type: str) -> bytes:
    """Rosbags' serialisation, padded to four bytes."""
    cdr = bytes(STORE.serialize_cdr(message, ros_type))
    return cdr + bytes(-len(cdr) % 4)


def time(stamp_ns: int) -> Any:
    return new("builtin_interfaces/msg/Time", sec=stamp_ns // 10**9, nanosec=stamp_ns % 10**9)


def header(stamp_ns: int, frame_id: str) -> Any:
    return new("std_msgs/msg/Header", stamp=time(stamp_ns), frame_id=frame_id)


def make_hand(
    seed: int = 0, side: Side = Side.RIGHT, track_id: int = 1, model: str = "free", pose: bool = True
) -> Hand:
    """A hand of random numbers."""
    rng = np.random.default_rng(seed)
    rotation, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    rotation *= np.sign(np.linalg.det(rotation))
    f32 = np.float32
    return Hand(
        side=side,
        side_score=0.75,
        score=0.5,
        track_id=track_id,
        scale_source=ScaleSource.METRIC,
        joints=rng.normal(size=(21, 3)).astype(f32),
        joints_2d=rng.uniform(0, 640, size=(21, 2)).astype(f32),
        joint_scores=np.where(rng.random(21) < 0.3, np.nan, rng.random(21)).astype(f32),
        vertices=rng.normal(size=(VERTICES, 3)).astype(f32),
        faces=rng.integers(0, VERTICES, size=(FACES, 3)).astype(np.int32),
        wrist=Pose(rotation.astype(f32), rng.normal(size=3).astype(f32)),
        roi=Roi(10, 20, 100, 200),
        pose=rng.normal(size=(16, 3)).astype(f32) if pose else None,
        betas=rng.normal(size=10).astype(f32) if pose else None,
        model=model,
    )


def make_frame(*hands: Hand, stamp_ns: int = 5_000_000_007, frame_id: str = "camera") -> HandFrame:
    """A frame of a 640x480 camera."""
    camera = CameraModel(600.0, 601.0, 319.5, 239.5, 640, 480, (0.1, -0.2, 0.001, 0.002, 0.03))
    return HandFrame(tuple(hands), camera, stamp_ns, frame_id, Timing(1.5, 2.5, 3.5, 4.5, 12.0))
