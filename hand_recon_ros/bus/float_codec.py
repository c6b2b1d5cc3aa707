"""std_msgs/Float32."""

from __future__ import annotations

from hand_recon_ros.bus.cdr import CdrWriter

FLOAT32 = "std_msgs/msg/Float32"


def encode_float32(value: float) -> bytearray:
    """CDR of one number."""
    writer = CdrWriter()
    writer.pack("f", value)
    return writer.finish()
