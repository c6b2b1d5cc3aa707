"""Recordings for the tests of replays: pictures for the stand-in pipeline, in every storage, and reference joints."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from rosbags.rosbag2 import Reader, StoragePlugin, Writer
from stand_in import hand, picture

from hand_recon_ros.bus.definitions import message_types
from hand_recon_ros.bus.frame_recorder import record_frames
from hand_recon_ros.bus.hand_codec import HAND_ARRAY, Delivery, encode_hand_array
from hand_recon_ros.bus.image_codec import IMAGE, encode_image
from hand_recon_ros.bus.pose_codec import POSE_ARRAY, encode_pose_array
from hand_recon_ros.bus.recorder import BagWriter
from hand_recon_ros.types import CameraModel, Frame, HandFrame

CAMERA = CameraModel(50, 50, 32, 24, 64, 48)
STEP_NS = 100_000_000
STORAGES = {"mcap": StoragePlugin.MCAP, "sqlite3": StoragePlugin.SQLITE3}


def recording(
    path: Path,
    hands: Iterable[int] = (2, 0, 1, 1),
    topic: str = "/image",
    compressed: bool = False,
    camera: CameraModel | None = CAMERA,
) -> Path:
    """An .mcap file with pictures of as many hands as said, ten a second."""
    frames = [Frame(picture(n), (k + 1) * STEP_NS, "camera", camera) for k, n in enumerate(hands)]
    record_frames(frames, path, topic, compressed)
    return path


def as_folder(path: Path, folder: Path, storage: str) -> Path:
    """A recording as a rosbag2 folder."""
    types = message_types()
    with Reader(path) as reader, Writer(folder, version=9, storage_plugin=STORAGES[storage]) as writer:
        copies = {c.id: writer.add_connection(c.topic, c.msgtype, typestore=types) for c in reader.connections}
        for connection, stamp_ns, cdr in reader.messages():
            writer.write(copies[connection.id], stamp_ns, cdr)
    return folder


def pose_rows(joints: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """Joints (N, 3) as poses (N, 7) without rotation."""
    return np.concatenate([joints, np.tile([0.0, 0, 0, 1], (len(joints), 1))], axis=1)


def with_reference(
    path: Path,
    hands: Iterable[int] = (1, 1, 0, 1),
    off: float = 0.01,
    delay_ns: int = 0,
    poses: str = "/truth/right",
    arrays: str = "/truth/hands",
    frame_id: str = "camera",
) -> Path:
    """Pictures, and what the stand-in finds in them moved aside by `off` metres, as PoseArray and as HandArray."""
    with BagWriter(path) as writer:
        for topic, kind in (("/image", IMAGE), (poses, POSE_ARRAY), (arrays, HAND_ARRAY)):
            writer.add_topic(topic, kind)
        for k, count in enumerate(hands):
            stamp = (k + 1) * STEP_NS
            moved = replace(hand(1, False), joints=hand(1, False).joints + np.float32([off, 0, 0]))
            writer.write("/image", stamp, encode_image(stamp, "camera", picture(count)))
            writer.write(poses, stamp, encode_pose_array(stamp + delay_ns, frame_id, pose_rows(moved.joints)))
            frame = HandFrame((moved,), CAMERA, stamp + delay_ns, frame_id)
            writer.write(arrays, stamp, encode_hand_array(frame, Delivery()))
    return path
