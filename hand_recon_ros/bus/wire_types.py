"""DDS types of ROS 2 messages and of the requests and responses of services, built from their definitions.

They give a topic its type name and the layout that Cyclone DDS checks incoming bytes against; messages are never
encoded or decoded through them.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from cyclonedds.idl import make_idl_struct
from cyclonedds.idl import types as idl
from rosbags.interfaces import Nodetype

from hand_recon_ros.bus.definitions import message_types

# Subscripting makes types at run time, which their annotations do not say.
bounded_str: Any = idl.bounded_str
array: Any = idl.array
sequence: Any = idl.sequence

BASE_TYPES = {
    "bool": bool,
    "byte": idl.byte,
    "octet": idl.byte,
    "char": idl.uint8,
    "string": str,
    "int8": idl.int8,
    "uint8": idl.uint8,
    "int16": idl.int16,
    "uint16": idl.uint16,
    "int32": idl.int32,
    "uint32": idl.uint32,
    "int64": idl.int64,
    "uint64": idl.uint64,
    "float32": idl.float32,
    "float64": idl.float64,
}

# rmw_cyclonedds_cpp puts who asked, and the how manieth request it was, before requests and responses.
SERVICE_HEADER = {"client": idl.uint64, "sequence_number": idl.int64}
EMPTY = {"structure_needs_at_least_one_member": idl.uint8}


def dds_type_name(ros_type: str) -> str:
    """`sensor_msgs/msg/Image` is `sensor_msgs::msg::dds_::Image_` in DDS."""
    package, folder, name = ros_type.split("/")
    return f"{package}::{folder}::dds_::{name}_"


@lru_cache
def dds_type(ros_type: str, distribution: str) -> Any:
    """The final, keyless struct of a message type of a ROS 2 distribution."""
    _, fields = message_types(distribution).fielddefs[ros_type]
    members = {name: _member(field, distribution) for name, field in fields} or EMPTY
    if "/srv/" in ros_type:
        members = {**SERVICE_HEADER, **members}
    return make_idl_struct(ros_type.replace("/", "_") + "_", dds_type_name(ros_type), members, dataclassify=False)


def _member(field: Any, distribution: str) -> Any:
    kind, value = field
    if kind == Nodetype.BASE:
        name, bound = value
        return bounded_str[bound] if name == "string" and bound else BASE_TYPES[name]
    if kind == Nodetype.NAME:
        return dds_type(value, distribution)
    element, length = value
    member = _member(element, distribution)
    if kind == Nodetype.ARRAY:
        return array[member, length]
    return sequence[member, length] if length else sequence[member]
