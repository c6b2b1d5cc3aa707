"""Parameter values as messages."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from messages import STORE

from hand_recon_ros.bus.parameter_values import NOT_SET, VALUE, parameter_type, value_message, value_of

text = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
int64 = st.integers(-(2**63), 2**63 - 1)
scalars = (st.booleans(), int64, st.floats(allow_nan=False), text)
values = st.one_of(*scalars, *(st.lists(scalar, min_size=1) for scalar in scalars))


@given(values)
def test_values_come_back_from_the_wire(value: Any) -> None:
    cdr = STORE.serialize_cdr(value_message(STORE, value), VALUE)
    back = STORE.deserialize_cdr(bytes(cdr), VALUE)
    assert back.type == parameter_type(value)
    assert value_of(back) == value
    assert type(value_of(back)) is type(value)


@pytest.mark.parametrize(
    ("value", "number"),
    [(None, NOT_SET), (True, 1), (1, 2), (1.0, 3), ("", 4), ([False], 6), ((1,), 7), ([1.0], 8), (["a"], 9), ((), 9)],
)
def test_types_have_the_numbers_of_rcl_interfaces(value: Any, number: int) -> None:
    assert parameter_type(value) == number
    assert value_message(STORE, value).type == number


def test_what_is_not_set_is_none() -> None:
    assert value_of(value_message(STORE, None)) is None


def test_byte_arrays_become_lists() -> None:
    message = value_message(STORE, None)
    message.type, message.byte_array_value = 5, np.array([1, 2], np.uint8)
    assert value_of(message) == [1, 2]


def test_an_unknown_type_is_refused() -> None:
    message = value_message(STORE, None)
    message.type = 10
    with pytest.raises(ValueError, match="expected a parameter type of 0 to 9, got 10"):
        value_of(message)
