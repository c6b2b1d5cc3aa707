"""A folder with files of the names that the pages use, made from the bundled clip."""

from __future__ import annotations

import itertools
import shutil
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from page_shell import shell
from pages import ROOT

from hand_recon_ros.bus.bag_reader import open_bag
from hand_recon_ros.bus.cdr import CdrReader, read_header
from hand_recon_ros.bus.compressed_codec import COMPRESSED_IMAGE
from hand_recon_ros.bus.pose_codec import POSE_ARRAY, encode_pose_array
from hand_recon_ros.bus.recorder import BagWriter
from hand_recon_ros.node.bag_frames import bag_frames
from hand_recon_ros.render.film import Film

FIRST, COUNT = 9, 6
CALIBRATION = """\
image_width: 640
image_height: 480
camera_matrix: {rows: 3, cols: 3, data: [560, 0, 319.5, 0, 560, 239.5, 0, 0, 1]}
distortion_model: plumb_bob
distortion_coefficients: {rows: 1, cols: 5, data: [0, 0, 0, 0, 0]}
"""
REFERENCES = {"/mocap/right_hand": 0, "/mocap/glove": 1}


@pytest.fixture(scope="session")
def named_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder as it is before any page's commands."""
    folder = tmp_path_factory.mktemp("pages")
    clip = ROOT / "examples" / "two_hands.mcap"
    with Film(folder / "clip.mp4", 15.0) as film:
        for frame in itertools.islice(bag_frames(clip), FIRST, FIRST + COUNT):
            film.write(frame.rgb)
    cv2.imwrite(str(folder / "photo.jpg"), np.ascontiguousarray(frame.rgb[..., ::-1]))
    (folder / "calibration.yaml").write_text(CALIBRATION)
    _record(clip, folder / "night.mcap")
    shutil.copy(folder / "night.mcap", folder / "b.mcap")
    # The bundled clip itself would take long.
    (folder / "examples").mkdir()
    shutil.copy(folder / "night.mcap", folder / "examples" / "two_hands.mcap")
    shutil.copy(clip.with_name("two_hands_truth.npz"), folder / "examples")
    (folder / ".venv").symlink_to(sys.prefix)
    (folder / "out").mkdir()
    shell("hand-recon replay night.mcap --out result.mcap --vertices && hand-recon image photo.jpg --out out", folder)
    shutil.copy(folder / "result.mcap", folder / "live.mcap")
    return folder


@pytest.fixture
def folder(named_files: Path, tmp_path: Path) -> Path:
    """A copy of it for one page."""
    return Path(shutil.copytree(named_files, tmp_path / "page", symlinks=True))


def _record(clip: Path, out: Path) -> None:
    """The first pictures of the clip with their intrinsics, and reference joints of both hands."""
    truth = np.load(clip.with_name("two_hands_truth.npz"))["joints"]
    with open_bag(clip) as bag, BagWriter(out) as writer:
        for topic in bag.topics:
            writer.add_topic(topic.name, topic.ros_type, topic.qos)
        for name in REFERENCES:
            writer.add_topic(name, POSE_ARRAY)
        pictures = 0
        for message in bag.messages():
            writer.write(message.topic.name, message.stamp_ns, message.cdr)
            if message.topic.ros_type == COMPRESSED_IMAGE:
                stamp_ns, frame_id = read_header(CdrReader(message.cdr))
                for name, side in REFERENCES.items():
                    poses = np.concatenate([truth[pictures, side], np.tile([0, 0, 0, 1], (21, 1))], axis=1)
                    writer.write(name, message.stamp_ns, encode_pose_array(stamp_ns, frame_id, poses))
                pictures += 1
            if pictures == COUNT:
                return
