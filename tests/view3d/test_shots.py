"""What the view shows, in which order and at which pace."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hand_recon_ros.camera import assumed_camera
from hand_recon_ros.paths import shared_file
from hand_recon_ros.types import ByteImage, CameraModel, Frame, HandFrame
from hand_recon_ros.view3d.shots import paced, reconstructed, repeated, source_shots

CLIP = shared_file("examples", "two_hands.mcap")


class StandIn:
    """Finds nothing; remembers what it was called with."""

    def __init__(self) -> None:
        self.stamps: list[int] = []
        self.cameras: list[CameraModel | None] = []
        self.resets = 0

    def __call__(self, rgb: ByteImage, camera: CameraModel | None, stamp_ns: int, frame_id: str) -> HandFrame:
        self.stamps.append(stamp_ns)
        self.cameras.append(camera)
        return HandFrame((), camera or assumed_camera(rgb.shape[1], rgb.shape[0]), stamp_ns, frame_id)

    def reset(self) -> None:
        self.resets += 1


def nothing_known(rgb: ByteImage) -> None:
    return None


def test_every_picture_of_a_recording_comes_with_its_intrinsics() -> None:
    seen = StandIn()
    shots = list(source_shots(str(CLIP), lambda: seen, nothing_known, loop=False))
    assert len(shots) == len(seen.stamps) == 75
    assert all(camera and camera.fx == 560 for camera in seen.cameras)
    assert shots[0][0] is not None and shots[0][0].shape == (480, 640, 3)


def test_pictures_of_a_folder_come_in_order(tmp_path: Path) -> None:
    for shade in (10, 20, 30):
        Image.new("RGB", (32, 24), (shade,) * 3).save(tmp_path / f"{shade}.png")
    shots = list(source_shots(str(tmp_path), StandIn, nothing_known, loop=False))
    assert [int(rgb[0, 0, 0]) for rgb, _ in shots if rgb is not None] == [10, 20, 30]


def test_a_source_that_is_not_there_is_a_sentence_before_a_model_is_loaded() -> None:
    with pytest.raises(ValueError, match="does not exist"):
        next(source_shots("no_such_file.mp4", lambda: pytest.fail("loaded"), nothing_known, loop=False))


def test_a_source_that_starts_again_is_followed_anew() -> None:
    frames = [Frame(np.zeros((4, 4, 3), np.uint8), stamp) for stamp in (1, 2, 3, 1, 2)]
    seen = StandIn()
    assert len(list(reconstructed(frames, lambda: seen))) == 5
    assert seen.resets == 1


def test_repeating_ends_with_nothing_to_repeat() -> None:
    rounds = iter([[1, 2], [3], [], [4]])
    assert list(repeated(lambda: next(rounds), loop=True)) == [1, 2, 3]
    assert list(repeated(lambda: [1, 2], loop=False)) == [1, 2]


class Clock(threading.Event):
    """An event whose waits are noted in place of being waited."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.waits.append(timeout or 0.0)
        return super().is_set()


def test_shots_wait_for_their_stamps_but_not_through_a_gap() -> None:
    camera = assumed_camera(4, 4)
    shots = [(None, HandFrame((), camera, round(seconds * 1e9))) for seconds in (5, 5.1, 5.3, 900)]
    clock = Clock()
    assert list(paced(shots, clock)) == shots
    assert clock.waits[0] == 0
    # Nothing was waited for, so each wait adds up to the time since the first.
    assert np.diff(clock.waits) == pytest.approx([0.1, 0.2, 2.0], abs=0.05)


def test_stopping_ends_the_shots() -> None:
    clock = Clock()
    clock.set()
    assert list(paced([(None, HandFrame((), assumed_camera(4, 4)))], clock)) == []
