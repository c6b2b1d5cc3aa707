"""Hands as frames on /tf."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
import pytest
from outputs_fixture import Published, hand, with_nan

from hand_recon_ros.types import Joint, ScaleSource, Side


def transforms(published: Published) -> list[list[Any]]:
    return [message.transforms for message in published.messages("/tf")]


def numbers(transform: Any) -> tuple[np.ndarray, np.ndarray]:
    """Position, and rotation matrix by Rodrigues' formula for quaternions."""
    p, q = transform.transform.translation, transform.transform.rotation
    v = np.array([q.x, q.y, q.z])
    cross = np.array([[0, -q.z, q.y], [q.z, 0, -q.x], [-q.y, q.x, 0]])
    return np.array([p.x, p.y, p.z]), (q.w**2 - v @ v) * np.eye(3) + 2 * np.outer(v, v) + 2 * q.w * cross


def test_it_is_off_by_default() -> None:
    published = Published()
    assert "/tf" not in published.bus.qos
    published.publish(hand())
    assert transforms(published) == []


def test_wrist_and_joints_compose_to_where_they_are() -> None:
    seen = hand(3, Side.LEFT)
    published = Published(publish_tf=True)
    published.publish(seen, stamp=9)
    ((root, *joints),) = transforms(published)
    assert (root.header.frame_id, root.child_frame_id, root.header.stamp.nanosec) == ("camera", "left_hand", 9)
    assert [t.child_frame_id for t in joints] == [f"left_{joint.name.lower()}" for joint in Joint if joint]
    assert {(t.header.frame_id, t.header.stamp.nanosec) for t in joints} == {("left_hand", 9)}
    place, turn = numbers(root)
    assert place == pytest.approx(seen.wrist.position, abs=1e-6)
    assert turn == pytest.approx(seen.wrist.rotation, abs=1e-5)
    for transform, joint in zip(joints, seen.joints[1:], strict=True):
        offset, own = numbers(transform)
        assert place + turn @ offset == pytest.approx(joint, abs=1e-5)
        assert np.linalg.det(own) == pytest.approx(1, abs=1e-5)


def test_bones_point_along_z_of_their_frames() -> None:
    published = Published(publish_tf=True)
    published.publish(hand(3))
    ((_, *joints),) = transforms(published)
    by_name = {t.child_frame_id: numbers(t) for t in joints}
    (start, turn), (end, _) = by_name["right_index_pip"], by_name["right_index_dip"]
    assert turn[:, 2] == pytest.approx((end - start) / np.linalg.norm(end - start), abs=1e-5)


def test_second_hands_of_a_side_are_named_by_their_track() -> None:
    published = Published(publish_tf=True, tf_prefix="top_")
    published.publish(hand(7), hand(2), hand(5, Side.LEFT), hand(0))
    (sent,) = transforms(published)
    roots = [t.child_frame_id for t in sent if t.header.frame_id == "camera"]
    assert roots == ["top_left_hand", "top_right_hand", "top_right_hand_7"], "untracked ones have no name of their own"
    children = [t.child_frame_id for t in sent]
    assert len(set(children)) == len(children) == 3 * 21
    assert next(t.child_frame_id for t in sent if t.header.frame_id == "top_right_hand_7") == "top_right_thumb_cmc_7"


def test_the_same_stamp_is_never_sent_twice() -> None:
    published = Published(publish_tf=True)
    for stamp in (5, 5, 6, 6, 5):
        published.publish(hand(), stamp=stamp)
    assert [t[0].header.stamp.nanosec for t in transforms(published)] == [5, 6, 5]


@pytest.mark.parametrize(("place", "said"), [({"stamp": 0}, "stamp"), ({"frame_id": ""}, "frame_id")])
def test_images_without_stamp_or_frame_give_one_warning(
    place: dict[str, Any], said: str, caplog: pytest.LogCaptureFixture
) -> None:
    published = Published(publish_tf=True)
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            published.publish(hand(), **place)
    assert transforms(published) == []
    assert caplog.text.count(f"without a {said}") == 1


@pytest.mark.parametrize(
    ("scale", "allowed", "sent"),
    [
        (ScaleSource.METRIC, False, 1),
        (ScaleSource.ASSUMED, False, 0),
        (ScaleSource.ASSUMED, True, 1),
        (ScaleSource.UNKNOWN, True, 0),
    ],
)
def test_assumed_scale_is_sent_only_when_allowed(scale: ScaleSource, allowed: bool, sent: int) -> None:
    published = Published(publish_tf=True, tf_assumed_scale=allowed)
    published.publish(hand(scale_source=scale))
    assert len(transforms(published)) == sent


def test_hands_with_numbers_that_are_none_are_left_out() -> None:
    published = Published(publish_tf=True)
    published.publish(with_nan(hand(1)), hand(2))
    (sent,) = transforms(published)
    assert len(sent) == 21
    assert sent[0].child_frame_id == "right_hand"
