"""The verbs that work with recordings and the wire, run as a user runs them, with the shipped networks."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import pytest

from hand_recon_ros.bus.bag_reader import open_bag
from hand_recon_ros.bus.hand_codec import HAND_ARRAY
from hand_recon_ros.node.result_reader import read_results
from hand_recon_ros.paths import shared_file
from hand_recon_ros.types import Side


def hand_recon(*arguments: str | Path, timeout: float = 120) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "hand_recon_ros.cli", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=timeout)


def frame_count(video: Path) -> int:
    capture = cv2.VideoCapture(str(video))
    count = 0
    while capture.read()[0]:
        count += 1
    capture.release()
    return count


@pytest.mark.slow
def test_the_demo_runs_node_and_camera_and_leaves_what_it_saw(tmp_path: Path) -> None:
    done = hand_recon("demo", "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    with open_bag(tmp_path / "result.mcap") as bag:
        counts = {topic.name: topic.count for topic in bag.topics}
    # A node that takes the newest image may drop some on a busy machine, never most of them.
    assert counts["/hand_recon/hands"] > 40
    assert counts["/camera/image/compressed"] > 60 and counts["/camera/camera_info"] > 60
    assert frame_count(tmp_path / "overlay.mp4") > 40
    for number in (1, 2, 3):
        assert cv2.imread(str(tmp_path / f"picture_{number}.png")).shape == (480, 640, 3)


@pytest.fixture(scope="module")
def replayed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("replay") / "hands.mcap"
    done = hand_recon("replay", shared_file("examples", "two_hands.mcap"), "--out", out, "--vertices")
    assert done.returncode == 0, done.stderr
    assert "75 images of /camera/image/compressed reconstructed, 0 skipped" in done.stdout
    return out


def test_replaying_the_clip_finds_both_hands_where_they_are(replayed: Path) -> None:
    truth = np.load(shared_file("examples", "two_hands_truth.npz"))["joints"]
    found, tracks, errors = Counter(), set(), []
    for (_, frame), (right, left) in zip(read_results(replayed), truth, strict=True):
        for hand in frame.hands:
            found[hand.side] += 1
            tracks.add(hand.track_id)
            joints = right if hand.side == Side.RIGHT else left
            errors.append(np.linalg.norm(hand.joints - joints, axis=1).mean())
    assert found == {Side.RIGHT: 75, Side.LEFT: 75}
    assert len(tracks) == 2
    assert np.median(errors) < 0.03


def test_replaying_twice_gives_the_same_hands(replayed: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.mcap"
    hand_recon("replay", shared_file("examples", "two_hands.mcap"), "--out", again, "--vertices")
    for (_, one), (_, two) in zip(read_results(replayed), read_results(again), strict=True):
        for a, b in zip(one.hands, two.hands, strict=True):
            np.testing.assert_array_equal(a.joints, b.joints)
            np.testing.assert_array_equal(a.vertices, b.vertices)


def test_a_recording_becomes_a_video_and_a_video_a_recording(replayed: Path, tmp_path: Path) -> None:
    video, bag = tmp_path / "overlay.mp4", tmp_path / "again.mcap"
    assert hand_recon("overlay", replayed, "--out", video).returncode == 0
    assert frame_count(video) == 75
    done = hand_recon("bag", video, "--out", bag, "--camera", "560,560,319.5,239.5")
    assert done.returncode == 0, done.stderr
    with open_bag(bag) as reader:
        assert {t.name: t.count for t in reader.topics} == {"/camera/image/compressed": 75, "/camera/camera_info": 75}
        assert HAND_ARRAY not in {t.ros_type for t in reader.topics}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("replay", "CLIP", "--out", "hands.txt"), "expected the name of an .mcap file"),
        (("replay", "CLIP", "--out", "x.mcap", "--image-topic", "/nowhere"), "expected images on /nowhere"),
        (("replay", "TEXT", "--out", "x.mcap"), "cannot be read"),
        (("overlay", "CLIP", "--out", "x.mp4"), "expected a recording with hands"),
        (("play", "nothing.mp4"), "does not exist"),
        (("demo", "--source", "nothing.mp4", "--out", "."), "does not exist"),
        (("node", "--ros-args", "-p", "max_hand:=2"), "did you mean max_hands?"),
        (("node", "--rate", "3"), "expected only --ros-args"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(tmp_path: Path, arguments: tuple[str, ...], sentence: str) -> None:
    (tmp_path / "text.mcap").write_text("no recording")
    places = {"CLIP": str(shared_file("examples", "two_hands.mcap")), "TEXT": str(tmp_path / "text.mcap")}
    command = [sys.executable, "-m", "hand_recon_ros.cli", *(places.get(word, word) for word in arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=tmp_path)
    assert done.returncode == 1
    assert sentence in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
