"""Topics of one hand a side: joints, wrist, joint angles and pinch."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import roma
import torch
from outputs_fixture import Published, hand, with_nan

from hand_recon_ros.hand_model import ANGLES, finger_bones, joint_angles
from hand_recon_ros.types import Joint, Side

RIGHT = ("/hands/right/joints", "/hands/right/wrist", "/hands/right/joint_states", "/hands/right/pinch")


def position(pose: Any) -> list[float]:
    return [pose.position.x, pose.position.y, pose.position.z]


def rotation(pose: Any) -> np.ndarray:
    q = pose.orientation
    return roma.unitquat_to_rotmat(torch.tensor([q.x, q.y, q.z, q.w])).numpy()


def first_message(published: Published, topic: str) -> Any:
    (message,) = published.messages(topic)
    return message


@pytest.mark.parametrize("side", [Side.LEFT, Side.RIGHT])
def test_joints_lie_where_they_are_and_turn_with_their_bones(side: Side) -> None:
    seen = hand(3, side)
    published = Published()
    published.publish(seen)
    message = first_message(published, f"/hands/{side.name.lower()}/joints")
    assert (message.header.stamp.nanosec, message.header.frame_id) == (5, "camera")
    assert [position(pose) for pose in message.poses] == pytest.approx(seen.joints, abs=1e-6)
    turns = np.stack([rotation(pose) for pose in message.poses])
    assert turns[Joint.WRIST] == pytest.approx(seen.wrist.rotation, abs=1e-5)
    frames = finger_bones(seen.joints, side).frames
    assert turns[1:].reshape(5, 4, 3, 3)[:, :3] == pytest.approx(frames, abs=1e-5)
    assert turns[[Joint.THUMB_TIP, Joint.PINKY_TIP]] == pytest.approx(turns[[Joint.THUMB_IP, Joint.PINKY_DIP]])


def test_the_wrist_is_the_operator_frame() -> None:
    seen = hand(3)
    published = Published()
    published.publish(seen)
    message = first_message(published, "/hands/right/wrist")
    assert (message.header.stamp.nanosec, message.header.frame_id) == (5, "camera")
    assert position(message.pose) == pytest.approx(seen.joints[0], abs=1e-6)
    assert rotation(message.pose) == pytest.approx(seen.wrist.rotation, abs=1e-5)


@pytest.mark.parametrize("side", [Side.LEFT, Side.RIGHT])
def test_joint_states_name_each_angle_of_the_side(side: Side) -> None:
    seen, name = hand(3, side), side.name.lower()
    published = Published()
    published.publish(seen)
    message = first_message(published, f"/hands/{name}/joint_states")
    assert message.name == [f"{name}_{angle}" for angle in ANGLES]
    assert message.position == pytest.approx(joint_angles(finger_bones(seen.joints, side)))
    assert len(message.velocity) == len(message.effort) == 0
    assert (message.header.stamp.nanosec, message.header.frame_id) == (5, "camera")


def test_pinch_is_the_distance_of_the_tips() -> None:
    joints = hand().joints.copy()
    joints[Joint.THUMB_TIP], joints[Joint.INDEX_TIP] = (0.1, 0.2, 0.5), (0.1, 0.23, 0.54)
    published = Published()
    published.publish(hand(joints=joints))
    assert first_message(published, "/hands/right/pinch").data == pytest.approx(0.05, abs=1e-6)


def test_the_longest_tracked_hand_of_a_side_is_the_one() -> None:
    published = Published()
    published.publish(hand(0, score=0.9), hand(9), hand(4), hand(2, Side.LEFT))
    published.publish(hand(0, score=0.2), hand(0, score=0.9, joints=hand(5).joints), stamp=6)
    wrists = [position(message.pose) for message in published.messages("/hands/right/wrist")]
    assert wrists[0] == pytest.approx(hand(4).joints[0])
    tracked, untracked = published.messages("/hands/right/joints")
    assert position(tracked.poses[1]) == pytest.approx(hand(4).joints[1])
    assert position(untracked.poses[1]) == pytest.approx(hand(5).joints[1]), "the one with the higher score"


def test_a_hand_with_numbers_that_are_none_is_left_out() -> None:
    published = Published(*RIGHT)
    published.publish(with_nan(hand(1)), hand(2))
    published.publish(with_nan(hand(1)), stamp=6)
    counts = {topic: count for topic, count in published.counts.items() if topic in RIGHT}
    assert counts == dict.fromkeys(RIGHT, 1)
    assert position(published.messages("/hands/right/wrist")[0].pose) == pytest.approx(hand(2).joints[0])


def test_a_hand_of_no_known_side_has_no_such_topics() -> None:
    published = Published()
    published.publish(replace(hand(), side=Side.UNKNOWN))
    assert not any("left" in topic or "right" in topic for topic in published.counts)
