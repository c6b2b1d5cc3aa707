"""Values of ROS 2 parameters as rcl_interfaces messages."""

from __future__ import annotations

from typing import Any

import numpy as np
from rosbags.typesys.store import Typestore

VALUE = "rcl_interfaces/msg/ParameterValue"
NOT_SET = 0
# rcl_interfaces/msg/ParameterType: number, field of ParameterValue, and type in Python.
SCALARS: dict[type, tuple[int, str]] = {
    bool: (1, "bool_value"),
    int: (2, "integer_value"),
    float: (3, "double_value"),
    str: (4, "string_value"),
}
ARRAYS: dict[type, tuple[int, str]] = {
    bytes: (5, "byte_array_value"),
    bool: (6, "bool_array_value"),
    int: (7, "integer_array_value"),
    float: (8, "double_array_value"),
    str: (9, "string_array_value"),
}
FIELDS = dict((*SCALARS.values(), *ARRAYS.values()))
UNSET: dict[str, Any] = {
    "bool_value": False,
    "integer_value": 0,
    "double_value": 0.0,
    "string_value": "",
    "byte_array_value": np.empty(0, np.uint8),
    "bool_array_value": np.empty(0, np.bool_),
    "integer_array_value": np.empty(0, np.int64),
    "double_array_value": np.empty(0, np.float64),
    "string_array_value": [],
}


def parameter_type(value: Any) -> int:
    """The number of a value's type; sequences are arrays, an empty one an array of texts, None is not set."""
    if value is None:
        return NOT_SET
    return _kind(value)[0]


def value_message(types: Typestore, value: Any) -> Any:
    """A value as ParameterValue; None is not set."""
    fields = dict(UNSET)
    if value is not None:
        _, field = _kind(value)
        empty = UNSET[field]
        fields[field] = np.array(value, empty.dtype) if isinstance(empty, np.ndarray) else _plain(value)
    return types.types[VALUE](type=parameter_type(value), **fields)


def value_of(message: Any) -> Any:
    """The Python value of a ParameterValue; arrays become lists, None is not set.

    Raises:
        ValueError: an unknown type number.
    """
    if message.type == NOT_SET:
        return None
    if message.type not in FIELDS:
        raise ValueError(f"expected a parameter type of 0 to {max(FIELDS)}, got {message.type}")
    value = getattr(message, FIELDS[message.type])
    return value.tolist() if isinstance(value, np.ndarray) else value


def _kind(value: Any) -> tuple[int, str]:
    if isinstance(value, (list, tuple)):
        return ARRAYS[type(value[0]) if value else str]
    return SCALARS[type(value)]


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
