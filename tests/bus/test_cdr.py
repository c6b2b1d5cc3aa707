"""CDR primitives against rosbags, and refusal of damaged messages."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from messages import STORE, new, reference
from rosbags.typesys import get_types_from_msg

from hand_recon_ros.bus.cdr import CdrReader, CdrWriter

MIXED = "test_msgs/msg/Mixed"
STORE.register(
    get_types_from_msg(
        "bool flag\nstring name\nint16 small\nfloat64 large\nuint8 byte\nfloat32[3] fixed\nfloat64[] doubles\n"
        "uint8 last\nuint16[] shorts\nint64 wide",
        MIXED,
    )
)
DOUBLES = st.lists(st.floats(allow_nan=False), max_size=4)
SHORTS = st.lists(st.integers(0, 65535), max_size=4)
NAMES = st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=9)


def write_mixed(flag: bool, name: str, doubles: list[float], shorts: list[int]) -> bytearray:
    writer = CdrWriter()
    writer.pack("?", flag)
    writer.string(name)
    writer.pack("hdB", -2, 2.5, 7)
    writer.array([1, 2, 3], np.float32)
    writer.sequence(doubles, np.float64)
    writer.pack("B", 9)
    writer.sequence(shorts, np.uint16)
    writer.pack("q", -(2**40))
    return writer.finish()


@given(st.booleans(), NAMES, DOUBLES, SHORTS)
def test_alignment_of_every_field_equals_the_generic_codec(
    flag: bool, name: str, doubles: list[float], shorts: list[int]
) -> None:
    message = new(
        MIXED,
        flag=flag,
        name=name,
        small=-2,
        large=2.5,
        byte=7,
        fixed=np.array([1, 2, 3], np.float32),
        doubles=np.array(doubles, np.float64),
        last=9,
        shorts=np.array(shorts, np.uint16),
        wide=-(2**40),
    )
    assert write_mixed(flag, name, doubles, shorts) == reference(message, MIXED)


@given(st.booleans(), NAMES, DOUBLES, SHORTS, st.booleans())
def test_reading_gives_back_what_was_written_in_both_byte_orders(
    flag: bool, name: str, doubles: list[float], shorts: list[int], big_endian: bool
) -> None:
    cdr = bytes(write_mixed(flag, name, doubles, shorts))
    if big_endian:
        message = STORE.deserialize_cdr(cdr, MIXED)
        cdr = bytes(STORE.serialize_cdr(message, MIXED, little_endian=False))
    reader = CdrReader(cdr)
    assert reader.unpack("?") == (flag,)
    assert reader.string() == name
    assert reader.unpack("hdB") == (-2, 2.5, 7)
    assert reader.array(3, np.float32).tolist() == [1, 2, 3]
    assert reader.sequence(np.float64).tolist() == doubles
    assert reader.unpack("B") == (9,)
    assert reader.sequence(np.uint16).tolist() == shorts
    assert reader.unpack("q") == (-(2**40),)


def test_arrays_are_views_into_the_message() -> None:
    writer = CdrWriter()
    writer.sequence([1, 2, 3], np.uint8)
    cdr = writer.finish()
    array = CdrReader(cdr).sequence(np.uint8)
    cdr[8] = 42
    assert array.tolist() == [42, 2, 3]


@pytest.mark.parametrize("cdr", [b"", b"\0\1", b"\0\7\0\0abcd", b"\1\1\0\0abcd"])
def test_other_encapsulations_are_refused(cdr: bytes) -> None:
    with pytest.raises(ValueError, match="plain CDR"):
        CdrReader(cdr)


@pytest.mark.parametrize("claimed", [5, 1024, 1025, 2**32 - 1])
def test_a_length_beyond_the_message_is_refused(claimed: int) -> None:
    cdr = b"\0\1\0\0" + claimed.to_bytes(4, "little") + b"abcd"
    with pytest.raises(ValueError, match=r"cut short|at most"):
        CdrReader(cdr).string()
    with pytest.raises(ValueError, match="cut short"):
        CdrReader(cdr).sequence(np.float64)
