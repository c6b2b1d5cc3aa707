"""Plain CDR (XCDR version 1), the encoding of ROS 2 messages, with numpy arrays copied as blocks.

A message is a four-byte encapsulation header followed by the fields in order, each aligned to its own size counted
from the end of that header (OMG DDSI-RTPS 2.5 section 10, OMG CORBA 3.3 part 2 section 9.3).
"""

from __future__ import annotations

import struct
from functools import lru_cache
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

LITTLE_ENDIAN = b"\x00\x01\x00\x00"
HEADER_BYTES = 4
MAX_STRING_BYTES = 1024
"""Names of frames, encodings and models are short, and what is wrong with them ends up in logs and diagnostics."""


@lru_cache(maxsize=1024)
def packed_struct(codes: str, phase: int = 0, order: str = "<") -> struct.Struct:
    """Struct of fields with CDR padding before each.

    Args:
        codes: one `struct` code per field, such as `iI12sddd`; a count belongs to a byte string only.
        phase: position of the first field modulo 8, counted from the end of the encapsulation header.
        order: `<` little endian or `>` big endian.
    """
    layout, position, count = order, phase, ""
    for code in codes:
        if code.isdigit():
            count += code
            continue
        pad = -position % struct.calcsize(order + code)
        size = struct.calcsize(order + count + code)
        layout += "x" * pad + count + code
        position, count = position + pad + size, ""
    return struct.Struct(layout)


class CdrWriter:
    """Growing little-endian CDR message."""

    def __init__(self) -> None:
        self.buffer = bytearray(LITTLE_ENDIAN)

    def pack(self, codes: str, *values: Any) -> None:
        """Append fields; codes as in `packed_struct`."""
        fields = packed_struct(codes, (len(self.buffer) - HEADER_BYTES) % 8)
        self.buffer += fields.pack(*values)

    def string(self, text: str) -> None:
        """Append a string: its length with the closing zero, then the bytes."""
        raw = text.encode()
        self.pack(f"I{len(raw) + 1}s", len(raw) + 1, raw)

    def array(self, values: npt.ArrayLike, dtype: npt.DTypeLike) -> None:
        """Append a fixed-length array, row-major."""
        block = np.ascontiguousarray(values, dtype)
        self.align(block.itemsize)
        self.buffer += block.data.cast("B") if block.size else b""

    def sequence(self, values: npt.ArrayLike, dtype: npt.DTypeLike, record: int = 1) -> None:
        """Append a sequence of elements, or of records of a fixed number of elements, from an array of any shape."""
        block = np.ascontiguousarray(values, dtype)
        self.pack("I", block.size // record)
        if block.size:  # an empty sequence is not followed by padding
            self.array(block, dtype)

    def reserve(self, count: int, dtype: npt.DTypeLike) -> npt.NDArray[Any]:
        """Append a sequence body of count elements and return a view to fill.

        Drop the view before anything else is appended.
        """
        size = np.dtype(dtype).itemsize
        self.align(size if count else 1)
        start = len(self.buffer)
        self.buffer += bytes(count * size)
        return np.frombuffer(self.buffer, dtype, count, start)

    def align(self, size: int) -> None:
        """Pad to a multiple of size bytes."""
        self.buffer += bytes(-(len(self.buffer) - HEADER_BYTES) % size)

    def finish(self) -> bytearray:
        """The message, padded to four bytes as DDS wants it."""
        self.align(4)
        return self.buffer


class CdrReader:
    """Bounds-checked reading of a CDR message; arrays come as views without a copy.

    Raises:
        ValueError: from every method, when the message is shorter than it says or not plain CDR.
    """

    def __init__(self, cdr: bytes | bytearray | memoryview) -> None:
        self.data = memoryview(cdr).cast("B")
        if len(self.data) < HEADER_BYTES or self.data[0] != 0 or self.data[1] > 1:
            raise ValueError(
                f"expected a message in plain CDR, got {len(self.data)} bytes starting {bytes(self.data[:4]).hex()!r}"
            )
        self.order: Literal["<", ">"] = "<" if self.data[1] else ">"
        self.position = HEADER_BYTES

    def unpack(self, codes: str) -> tuple[Any, ...]:
        """Read fields; codes as in `packed_struct`."""
        fields = packed_struct(codes, (self.position - HEADER_BYTES) % 8, self.order)
        return fields.unpack(self._take(fields.size))

    def string(self) -> str:
        """Read a string; bytes that are not UTF-8 are replaced."""
        (length,) = self.unpack("I")
        if length > MAX_STRING_BYTES:
            raise ValueError(f"expected a string of at most {MAX_STRING_BYTES} bytes, the message says {length}")
        return bytes(self._take(length)).rstrip(b"\0").decode(errors="replace")

    def array(self, count: int, dtype: npt.DTypeLike) -> npt.NDArray[Any]:
        """Read a fixed-length array of a native numpy type."""
        kind = np.dtype(dtype).newbyteorder(self.order)
        if count:
            self._take(-(self.position - HEADER_BYTES) % kind.itemsize)
        return np.frombuffer(self._take(count * kind.itemsize), kind)

    def sequence(self, dtype: npt.DTypeLike) -> npt.NDArray[Any]:
        """Read a sequence of a native numpy type."""
        (count,) = self.unpack("I")
        return self.array(count, dtype)

    def _take(self, size: int) -> memoryview:
        end = self.position + size
        if end > len(self.data):
            raise ValueError(f"message is cut short: expected at least {end} bytes, got {len(self.data)}")
        taken = self.data[self.position : end]
        self.position = end
        return taken


def time_of(stamp_ns: int) -> tuple[int, int]:
    """Seconds and nanoseconds of builtin_interfaces/Time."""
    return divmod(stamp_ns, 1_000_000_000)


def read_header(reader: CdrReader) -> tuple[int, str]:
    """Stamp in nanoseconds and frame_id of std_msgs/Header; ValueError for a stamp that is no time."""
    seconds, nanoseconds = reader.unpack("iI")
    if nanoseconds >= 1_000_000_000:  # carried over, it could exceed what a stamp of ours can hold
        raise ValueError(f"expected a stamp of less than 1000000000 nanoseconds beside its seconds, got {nanoseconds}")
    return seconds * 1_000_000_000 + nanoseconds, reader.string()


def write_header(writer: CdrWriter, stamp_ns: int, frame_id: str) -> None:
    """Append a std_msgs/Header."""
    writer.pack("iI", *time_of(stamp_ns))
    writer.string(frame_id)
