"""geometry_msgs/PoseArray and PoseStamped.

A pose is a row of seven numbers: position x y z in metres, and orientation as a unit quaternion x y z w.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from hand_recon_ros.bus.cdr import CdrReader, CdrWriter, read_header, write_header
from hand_recon_ros.bus.interface import Cdr

POSE_ARRAY = "geometry_msgs/msg/PoseArray"
POSE_STAMPED = "geometry_msgs/msg/PoseStamped"
POSE_NUMBERS = 7


def encode_pose_array(stamp_ns: int, frame_id: str, poses: npt.NDArray[np.floating]) -> bytearray:
    """CDR of a PoseArray of poses (N, 7)."""
    writer = CdrWriter()
    write_header(writer, stamp_ns, frame_id)
    writer.sequence(poses, np.float64, record=POSE_NUMBERS)
    return writer.finish()


def decode_pose_array(cdr: Cdr) -> tuple[int, str, npt.NDArray[np.float64]]:
    """Stamp in nanoseconds, frame_id and poses (N, 7) of a PoseArray; ValueError for bytes that are none."""
    reader = CdrReader(cdr)
    stamp_ns, frame_id = read_header(reader)
    (count,) = reader.unpack("I")
    return stamp_ns, frame_id, reader.array(count * POSE_NUMBERS, np.float64).reshape(-1, POSE_NUMBERS)


def encode_pose_stamped(stamp_ns: int, frame_id: str, pose: npt.NDArray[np.floating]) -> bytearray:
    """CDR of a PoseStamped with pose (7,)."""
    writer = CdrWriter()
    write_header(writer, stamp_ns, frame_id)
    writer.array(pose, np.float64)
    return writer.finish()
