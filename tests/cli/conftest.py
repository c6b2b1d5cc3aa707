"""The command line run in this process, with a stand-in for the networks."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import NamedTuple

import cv2
import numpy as np
import pytest

from hand_recon_ros import cli
from hand_recon_ros.camera import assumed_camera, project, scaled_camera
from hand_recon_ros.hand_model import load_free_hand
from hand_recon_ros.pipeline import HandPipeline
from hand_recon_ros.types import Side

# FFmpeg reads its log level once, and fixtures use it before `hand-recon` could set it.
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")


class Outcome(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture
def hand_recon(monkeypatch, capfd):
    """A function that runs `hand-recon` with arguments."""
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("HAND_RECON_DEBUG", "")
    capfd.readouterr()

    def run(*arguments) -> Outcome:
        monkeypatch.setattr("sys.argv", ["hand-recon", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        out, err = capfd.readouterr()
        return Outcome(ended.value.code or 0, out, err)

    return run


@pytest.fixture
def stand_in(monkeypatch, two_hands):
    """Finds the same hands in every picture but black ones; the picture numbered `stop_at` is interrupted."""

    class StandIn:
        def __init__(self):
            self.options, self.stop_at, self.count = {}, None, 0
            self.frame = two_hands
            self.models = {side: load_free_hand(side) for side in (Side.LEFT, Side.RIGHT)}

        def create(self, **options):
            self.options = options
            return self

        def __call__(self, rgb, camera=None, stamp_ns=0, frame_id="", depth=None):
            if self.count == self.stop_at:
                raise KeyboardInterrupt
            self.count += 1
            height, width = rgb.shape[:2]
            used = scaled_camera(camera, width, height) if camera else assumed_camera(width, height)
            hands = [replace(hand, joints_2d=project(used, hand.joints)) for hand in self.frame.hands if rgb.any()]
            return replace(self.frame, hands=tuple(hands), camera=used, stamp_ns=stamp_ns, frame_id=frame_id)

    found = StandIn()
    monkeypatch.setattr(HandPipeline, "create", found.create)
    return found


@pytest.fixture
def picture(tmp_path):
    """A function that writes a picture file."""

    def write(name, value=128, width=64, height=48):
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path), np.full((height, width, 3), value, np.uint8))
        return path

    return write


@pytest.fixture
def clip(tmp_path):
    """A video of 20 frames, 64x48 at 12.5 Hz, 80 ms apart."""
    path = tmp_path / "clip.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 12.5, (64, 48))
    for number in range(20):
        writer.write(np.full((48, 64, 3), 100 + number, np.uint8))
    writer.release()
    return path
