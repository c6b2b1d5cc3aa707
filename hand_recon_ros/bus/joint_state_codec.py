"""sensor_msgs/JointState with positions alone: velocities and efforts stay empty, and are not read."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from hand_recon_ros.bus.cdr import CdrReader, CdrWriter, read_header, write_header
from hand_recon_ros.bus.interface import Cdr

JOINT_STATE = "sensor_msgs/msg/JointState"
NOT_GIVEN = np.empty(0, np.float64)
MAX_JOINTS = 1000


def encode_joint_state(
    stamp_ns: int, frame_id: str, names: Sequence[str], positions: npt.NDArray[np.floating]
) -> bytearray:
    """CDR of a JointState.

    Args:
        stamp_ns: time of the image.
        frame_id: camera optical frame.
        names: N joints.
        positions: (N,) radians.

    Raises:
        ValueError: another number of positions than of names.
    """
    if positions.shape != (len(names),):
        raise ValueError(f"expected a position for each of {len(names)} joints, got {positions.shape}")
    writer = CdrWriter()
    write_header(writer, stamp_ns, frame_id)
    writer.pack("I", len(names))
    for name in names:
        writer.string(name)
    for values in (positions, NOT_GIVEN, NOT_GIVEN):
        writer.sequence(values, np.float64)
    return writer.finish()


def decode_joint_state(cdr: Cdr) -> dict[str, float]:
    """Position of each joint by its name; ValueError for bytes that are no JointState with positions."""
    reader = CdrReader(cdr)
    read_header(reader)
    (count,) = reader.unpack("I")
    if count > MAX_JOINTS:
        raise ValueError(f"expected at most {MAX_JOINTS} joints, the message says {count}")
    names = [reader.string() for _ in range(count)]
    positions = reader.sequence(np.float64)
    if len(positions) != count:
        raise ValueError(f"expected a position for each of {count} joints, got {len(positions)}")
    return dict(zip(names, positions.tolist(), strict=True))
