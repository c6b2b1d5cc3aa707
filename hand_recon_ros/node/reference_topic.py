"""Reference joints of a recording: topics with HandArray, or with PoseArray of 21 poses a hand."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hand_recon_ros.bus.bag_reader import BagReader, BagTopic, open_bag
from hand_recon_ros.bus.cdr import CdrReader, read_header
from hand_recon_ros.bus.hand_codec import HAND_ARRAY, decode_hand_message
from hand_recon_ros.bus.interface import Cdr
from hand_recon_ros.bus.pose_codec import POSE_ARRAY, decode_pose_array
from hand_recon_ros.evaluation.hand_samples import HandSamples, hand_samples
from hand_recon_ros.node.image_topic import colour_image_topic
from hand_recon_ros.types import JOINT_COUNT, FloatArray, Side

SIDE_IN_NAME = re.compile(r"(?<![a-z])(left|right)(?![a-z])")


@dataclass(frozen=True)
class ReferenceTopic:
    """A topic with reference joints; side says whose hand a PoseArray is, where its name does not."""

    name: str
    side: Side | None = None

    @classmethod
    def parse(cls, text: str) -> ReferenceTopic:
        """Of "/topic", "/topic:left" or "/topic:right"; ValueError for anything else."""
        name, colon, side = text.partition(":")
        if not name or (colon and side not in ("left", "right")):
            raise ValueError(f"expected a reference topic as /topic, /topic:left or /topic:right, got {text!r}")
        return cls(f"/{name.lstrip('/')}", Side[side.upper()] if side else None)


def read_reference(path: Path, wanted: Sequence[ReferenceTopic], image_topic: str | None = None) -> HandSamples:
    """All reference hands of a recording; those with a joint that is not a number are left out.

    Args:
        path: the recording.
        wanted: its topics with reference joints.
        image_topic: as in `colour_image_topic`; the joints have to be in the frame of these images.

    Raises:
        ValueError: a topic that is missing, of another type, of unknown side, malformed or in another frame.
    """
    with open_bag(path) as bag:
        sides = {_found(bag, topic): _side(bag, topic) for topic in wanted}
        frame_id = _frame_id(bag, colour_image_topic(bag, image_topic))
        return hand_samples(row for row in _rows(bag, sides, frame_id) if np.isfinite(row[3]).all())


def _found(bag: BagReader, wanted: ReferenceTopic) -> BagTopic:
    able = [topic for topic in bag.topics if topic.ros_type in (HAND_ARRAY, POSE_ARRAY)]
    for topic in bag.topics:
        if topic.name == wanted.name and topic not in able:
            raise ValueError(f"expected {HAND_ARRAY} or {POSE_ARRAY} on {wanted.name}, it has {topic.ros_type}")
        if topic.name == wanted.name:
            return topic
    listed = ", ".join(sorted(topic.name for topic in able)) or "none"
    raise ValueError(f"expected reference joints on {wanted.name}, topics of the recording that could be: {listed}")


def _side(bag: BagReader, wanted: ReferenceTopic) -> Side | None:
    """The side of a PoseArray's hands; None for a HandArray, which says itself."""
    if _found(bag, wanted).ros_type == HAND_ARRAY:
        return None
    named = {Side[word.upper()] for word in SIDE_IN_NAME.findall(wanted.name.lower())}
    if wanted.side is None and len(named) != 1:
        raise ValueError(
            f"expected to know the side of the hand on {wanted.name}; write {wanted.name}:left or {wanted.name}:right"
        )
    return wanted.side or named.pop()


def _frame_id(bag: BagReader, images: BagTopic) -> str:
    first = bag.first(images)
    return read_header(CdrReader(first.cdr))[1] if first else ""


def _rows(
    bag: BagReader, sides: dict[BagTopic, Side | None], expected: str
) -> Iterator[tuple[int, Side, int, FloatArray]]:
    for message in bag.messages(list(sides)):
        side = sides[message.topic]
        try:
            stamp_ns, frame_id, hands = _hand_array(message.cdr) if side is None else _pose_array(message.cdr, side)
        except ValueError as error:
            raise ValueError(f"reference on {message.topic.name}: {error}") from error
        if frame_id and expected and frame_id != expected:
            raise ValueError(
                f"expected reference joints in the frame of the images, {expected}; "
                f"{message.topic.name} has {frame_id}: transform them first"
            )
        for hand_side, track, joints in hands:
            yield stamp_ns, hand_side, track, joints


Hands = list[tuple[Side, int, FloatArray]]


def _hand_array(cdr: Cdr) -> tuple[int, str, Hands]:
    message = decode_hand_message(cdr)
    stamp = message.header.stamp
    hands = [(Side(hand.side), hand.track_id, hand.joints.reshape(JOINT_COUNT, 3)) for hand in message.hands]
    return stamp.sec * 10**9 + stamp.nanosec, message.header.frame_id, hands


def _pose_array(cdr: Cdr, side: Side) -> tuple[int, str, Hands]:
    stamp_ns, frame_id, poses = decode_pose_array(cdr)
    if len(poses) not in (0, JOINT_COUNT):
        raise ValueError(f"expected {JOINT_COUNT} poses, one a joint, or none where there is no hand, got {len(poses)}")
    return stamp_ns, frame_id, [(side, 0, poses[:, :3].astype(np.float32))] if len(poses) else []
