"""Pictures of recordings."""

from __future__ import annotations

from pathlib import Path

import pytest
from recordings import CAMERA, STEP_NS, recording, with_reference

from hand_recon_ros.node.bag_frames import bag_frames, has_hands


@pytest.mark.parametrize("compressed", [False, True])
def test_pictures_come_with_stamps_and_intrinsics(tmp_path: Path, compressed: bool) -> None:
    path = recording(tmp_path / "in.mcap", (2, 0, 1), compressed=compressed)
    frames = list(bag_frames(path))
    assert [frame.stamp_ns for frame in frames] == [STEP_NS, 2 * STEP_NS, 3 * STEP_NS]
    assert all(frame.camera and frame.camera.fx == CAMERA.fx and frame.frame_id == "camera" for frame in frames)
    assert frames[0].rgb.shape == (48, 64, 3)


def test_without_intrinsics_the_camera_is_not_known(tmp_path: Path) -> None:
    path = recording(tmp_path / "in.mcap", camera=None)
    assert [frame.camera for frame in bag_frames(path)] == [None] * 4


def test_a_recording_of_something_else_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "in.mcap").write_bytes(b"no recording")
    with pytest.raises(ValueError, match="cannot be read"):
        next(bag_frames(tmp_path / "in.mcap"))
    with pytest.raises(ValueError, match="expected images on /other"):
        next(bag_frames(recording(tmp_path / "own.mcap"), "/other"))


def test_whether_there_are_hands(tmp_path: Path) -> None:
    path = recording(tmp_path / "in.mcap")
    assert not has_hands(path)
    assert has_hands(with_reference(tmp_path / "with.mcap"))
