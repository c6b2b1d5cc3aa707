"""sensor_msgs/JointState with positions alone: velocities and efforts stay empty."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from hand_recon_ros.bus.cdr import CdrWriter, write_header

JOINT_STATE = "sensor_msgs/msg/JointState"
NOT_GIVEN = np.empty(0, np.float64)


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
