"""diagnostic_msgs/DiagnosticArray: how parts of a node are doing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum

from hand_recon_ros.bus.cdr import CdrWriter, write_header

DIAGNOSTIC_ARRAY = "diagnostic_msgs/msg/DiagnosticArray"


class Level(IntEnum):
    """Levels of diagnostic_msgs/DiagnosticStatus; stale: nothing has been heard for too long."""

    OK = 0
    WARN = 1
    ERROR = 2
    STALE = 3


@dataclass(frozen=True)
class Status:
    """How one part is doing.

    Attributes:
        name: "<node>: <task>".
        message: one sentence for people.
        hardware_id: what it runs on; tools warn when it is empty.
        values: figures, in the order in which they are shown.
    """

    name: str
    level: Level
    message: str
    hardware_id: str
    values: Mapping[str, str] = field(default_factory=dict)


def encode_diagnostics(stamp_ns: int, statuses: Sequence[Status]) -> bytearray:
    """CDR of a DiagnosticArray."""
    writer = CdrWriter()
    write_header(writer, stamp_ns, "")
    writer.pack("I", len(statuses))
    for status in statuses:
        writer.pack("B", status.level)
        for text in (status.name, status.message, status.hardware_id):
            writer.string(text)
        writer.pack("I", len(status.values))
        for key, value in status.values.items():
            writer.string(key)
            writer.string(value)
    return writer.finish()
