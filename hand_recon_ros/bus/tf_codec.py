"""tf2_msgs/TFMessage: where frames are in other frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hand_recon_ros.bus.cdr import CdrWriter, time_of

TF_MESSAGE = "tf2_msgs/msg/TFMessage"


@dataclass(frozen=True)
class Transform:
    """The pose of frame child in frame parent: position x y z in metres, then a unit quaternion x y z w."""

    parent: str
    child: str
    pose: Sequence[float]


def encode_transforms(stamp_ns: int, transforms: Sequence[Transform]) -> bytearray:
    """CDR of a TFMessage whose transforms all hold at one time."""
    writer = CdrWriter()
    writer.pack("I", len(transforms))
    stamp = time_of(stamp_ns)
    for transform in transforms:
        parent, child = transform.parent.encode() + b"\0", transform.child.encode() + b"\0"
        names = len(parent), parent, len(child), child
        writer.pack(f"iII{len(parent)}sI{len(child)}sddddddd", *stamp, *names, *transform.pose)
    return writer.finish()
