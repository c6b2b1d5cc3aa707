"""Retargeting of a recording: a command for every message about hands."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hand_recon_ros.bus.bag_reader import BagReader, BagTopic, open_bag
from hand_recon_ros.bus.cdr import CdrReader, read_header
from hand_recon_ros.bus.hand_codec import HAND_ARRAY
from hand_recon_ros.bus.interface import RESULTS
from hand_recon_ros.bus.joint_state_codec import JOINT_STATE, encode_joint_state
from hand_recon_ros.bus.pose_codec import POSE_ARRAY
from hand_recon_ros.bus.recorder import BagWriter
from hand_recon_ros.retarget.live import seen_joints
from hand_recon_ros.retarget.retargeter import Retargeter


@dataclass(frozen=True)
class RetargetSummary:
    """What became of a recording: its messages about hands, how many had the hand, and how many gave a command."""

    topic: str
    messages: int
    seen: int
    commands: int


def retarget_bag(
    bag: Path, out: Path, retargeter: Retargeter, commands: str, topic: str | None = None
) -> RetargetSummary:
    """Write a recording of commands, one at the time of each message about hands, with the stamp of its image.

    Args:
        bag: recording with results of the node.
        out: .mcap file to write.
        retargeter: of the robot; its clock is that of the images.
        commands: absolute topic of the commands.
        topic: of the hands, HandArray or PoseArray; needed when there are several.

    Raises:
        ValueError: the recording cannot be read, or has no such topic or a choice of them.
        OSError: the file cannot be written.
    """
    messages = seen = written = 0
    with open_bag(bag) as reader:
        hands = hands_topic(reader, topic, bag)
        with BagWriter(out) as writer:
            writer.add_topic(commands, JOINT_STATE, RESULTS)
            for message in reader.messages([hands]):
                messages += 1
                stamp_ns = read_header(CdrReader(message.cdr))[0]
                joints = seen_joints(message.cdr, hands.ros_type, retargeter.side)
                seen += joints is not None and retargeter.see(joints, stamp_ns)
                command = retargeter.command(stamp_ns)
                if command is not None:
                    cdr = encode_joint_state(stamp_ns, "", command.names, command.positions)
                    writer.write(commands, message.stamp_ns, cdr)
                    written += 1
    return RetargetSummary(hands.name, messages, seen, written)


def hands_topic(reader: BagReader, topic: str | None, bag: Path) -> BagTopic:
    """The topic of a recording that has the hands: the one asked for, else the only HandArray.

    Raises:
        ValueError: there is none, or a choice.
    """
    kinds = (HAND_ARRAY, POSE_ARRAY) if topic else (HAND_ARRAY,)
    found = [t for t in reader.topics if t.ros_type in kinds and t.count and topic in (None, t.name)]
    if len(found) == 1:
        return found[0]
    if found:
        raise ValueError(f"expected --topic to choose among {', '.join(t.name for t in found)} of {bag}, got none")
    wanted = f"hands on {topic}" if topic else "hands"
    raise ValueError(f"expected a recording with {wanted}, {bag} has none; make one with `hand-recon replay`")
