"""JointState, there and back."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from messages import STORE

from hand_recon_ros.bus.cdr import CdrWriter, write_header
from hand_recon_ros.bus.joint_state_codec import JOINT_STATE, MAX_JOINTS, decode_joint_state, encode_joint_state

names = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)


@given(st.dictionaries(names, st.floats(allow_nan=False), max_size=30))
def test_positions_come_back_by_name(positions: dict[str, float]) -> None:
    cdr = encode_joint_state(5, "hand", tuple(positions), np.array([*positions.values()]))
    assert decode_joint_state(cdr) == positions


def test_velocities_and_efforts_of_others_do_not_matter() -> None:
    message: Any = STORE.deserialize_cdr(
        bytes(encode_joint_state(5, "", ("a", "b"), np.array([1.0, 2.0]))), JOINT_STATE
    )
    message.velocity, message.effort = np.ones(2), np.ones(2)
    assert decode_joint_state(bytes(STORE.serialize_cdr(message, JOINT_STATE))) == {"a": 1.0, "b": 2.0}


def test_messages_that_cannot_be_are_refused() -> None:
    many = CdrWriter()
    write_header(many, 0, "")
    many.pack("I", MAX_JOINTS + 1)
    with pytest.raises(ValueError, match="at most 1000 joints"):
        decode_joint_state(many.finish())
    few = CdrWriter()
    write_header(few, 0, "")
    few.pack("I", 1)
    few.string("a")
    few.sequence(np.empty(0), np.float64)
    with pytest.raises(ValueError, match="a position for each of 1 joints, got 0"):
        decode_joint_state(few.finish())
    with pytest.raises(ValueError, match="plain CDR"):
        decode_joint_state(b"")
