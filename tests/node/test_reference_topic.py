"""Reference joints out of recordings."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from recordings import STEP_NS, pose_rows, recording, with_reference
from stand_in import hand, picture

from hand_recon_ros.bus.image_codec import IMAGE, encode_image
from hand_recon_ros.bus.pose_codec import POSE_ARRAY, decode_pose_array, encode_pose_array
from hand_recon_ros.bus.recorder import BagWriter
from hand_recon_ros.node.reference_topic import ReferenceTopic, read_reference
from hand_recon_ros.types import Side


def read(path: Path, *topics: str):
    return read_reference(path, [ReferenceTopic.parse(topic) for topic in topics])


@given(st.integers(-(2**31), 2**31 - 1), st.text(max_size=20), st.integers(0, 5))
def test_pose_arrays_survive_the_wire(seconds, frame_id, count):
    poses = np.random.default_rng(count).normal(size=(count, 7))
    stamp, frame, decoded = decode_pose_array(encode_pose_array(seconds * 10**9 + 5, frame_id.strip("\0"), poses))
    assert (stamp, frame) == (seconds * 10**9 + 5, frame_id.strip("\0"))
    np.testing.assert_array_equal(decoded, poses)


@given(st.binary(max_size=300))
def test_bytes_that_are_no_pose_array_are_refused(data):
    try:
        _, _, poses = decode_pose_array(data)
    except ValueError:
        return
    assert poses.shape[1] == 7 and poses.nbytes <= len(data)


@pytest.mark.parametrize("topic", ["/truth/right", "truth/right", "/truth/right:right", "/truth/hands"])
def test_both_kinds_of_topic_give_hands(tmp_path: Path, topic: str) -> None:
    hands = read(with_reference(tmp_path / "a.mcap"), topic)
    assert hands.stamps_ns.tolist() == [STEP_NS * k for k in (1, 2, 3, 4)]
    assert set(hands.sides.tolist()) == {Side.RIGHT}
    np.testing.assert_allclose(hands.joints[0], hand(1, False).joints + [0.01, 0, 0], rtol=1e-6)


def test_several_topics_are_read_together(tmp_path: Path) -> None:
    hands = read(with_reference(tmp_path / "a.mcap"), "/truth/right:left", "/truth/hands")
    assert sorted(hands.sides.tolist()) == [Side.LEFT] * 4 + [Side.RIGHT] * 4


@pytest.mark.parametrize("name", ["/glove/hand", "/left_or_right/hand"])
def test_a_side_that_is_not_known_is_asked_for(tmp_path: Path, name: str) -> None:
    path = with_reference(tmp_path / "a.mcap", poses=name)
    with pytest.raises(ValueError, match=f"write {name}:left or {name}:right"):
        read(path, name)
    assert set(read(path, f"{name}:left").sides.tolist()) == {Side.LEFT}


@pytest.mark.parametrize("name", ["/left_glove/joints", "/robot/Left/joints", "/joints_left"])
def test_the_side_may_stand_in_the_name(tmp_path: Path, name: str) -> None:
    assert set(read(with_reference(tmp_path / "a.mcap", poses=name), name).sides.tolist()) == {Side.LEFT}


@pytest.mark.parametrize(
    ("topic", "sentence"),
    [
        ("/nowhere", "topics of the recording that could be: /truth/hands, /truth/right"),
        ("/image", "expected hand_recon_ros/msg/HandArray or geometry_msgs/msg/PoseArray on /image, it has sensor"),
    ],
)
def test_a_missing_topic_and_another_type_are_named(tmp_path: Path, topic: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        read(with_reference(tmp_path / "a.mcap"), topic)
    with pytest.raises(ValueError, match="that could be: none"):
        read(recording(tmp_path / "b.mcap"), "/truth")


@pytest.mark.parametrize("text", ["", ":left", "/a:up", "/a:"])
def test_a_topic_is_a_name_and_perhaps_a_side(text: str) -> None:
    with pytest.raises(ValueError, match="expected a reference topic as"):
        ReferenceTopic.parse(text)


def test_joints_in_another_frame_are_refused(tmp_path: Path) -> None:
    path = with_reference(tmp_path / "a.mcap", frame_id="world")
    with pytest.raises(ValueError, match=r"in the frame of the images, camera; /truth/right has world"):
        read(path, "/truth/right")


def poses_recording(path: Path, *messages: bytes) -> Path:
    with BagWriter(path) as writer:
        writer.add_topic("/image", IMAGE)
        writer.add_topic("/left", POSE_ARRAY)
        writer.write("/image", 1, encode_image(1, "camera", picture(1)))
        for stamp, message in enumerate(messages, start=1):
            writer.write("/left", stamp, message)
    return path


def test_times_without_a_hand_and_joints_that_are_no_numbers_are_left_out(tmp_path: Path) -> None:
    lost = np.full((21, 3), 0.5)
    lost[7, 1] = np.nan
    messages = [encode_pose_array(k, "", pose_rows(j)) for k, j in enumerate((np.ones((21, 3)), np.ones((0, 3)), lost))]
    assert read(poses_recording(tmp_path / "a.mcap", *messages), "/left").stamps_ns.tolist() == [0]


@pytest.mark.parametrize(
    ("message", "sentence"),
    [
        (bytes(encode_pose_array(1, "", pose_rows(np.ones((20, 3))))), "reference on /left: expected 21 poses.*got 20"),
        (bytes(encode_pose_array(1, "", pose_rows(np.ones((21, 3)))))[:-9], "reference on /left: message is cut short"),
    ],
)
def test_other_numbers_of_poses_and_broken_messages_are_refused(tmp_path: Path, message: bytes, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        read(poses_recording(tmp_path / "a.mcap", message), "/left")
