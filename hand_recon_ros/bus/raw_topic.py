"""DDS topics that announce their type by name only.

ROS 2 up to Kilted announces no XTypes type information, and older Cyclone DDS peers refuse what the wheel's Python
interface would announce; without it, matching is by topic name, type name and QoS.
"""

from __future__ import annotations

import ctypes
from typing import Any

from cyclonedds.domain import DomainParticipant
from cyclonedds.topic import Topic

from hand_recon_ros.bus.cyclone_c import ENTITY, POINTER, UINT32, c_function, checked

FIND_IN_PARTICIPANT = 1  # enum dds_find_scope: DDS_FIND_SCOPE_LOCAL_DOMAIN
XTYPES_METADATA = 1 << 6  # topic descriptor flag: type information follows


class _Metadata(ctypes.Structure):
    """struct dds_type_meta_ser."""

    _fields_ = (("data", POINTER), ("size", UINT32))


class _Descriptor(ctypes.Structure):
    """struct dds_topic_descriptor."""

    _fields_ = (
        ("size", UINT32),
        ("align", UINT32),
        ("flags", UINT32),
        ("nkeys", UINT32),
        ("typename", ctypes.c_char_p),
        ("keys", POINTER),
        ("nops", UINT32),
        ("ops", POINTER),
        ("meta", ctypes.c_char_p),
        ("type_information", _Metadata),
        ("type_mapping", _Metadata),
        ("restrict_data_representation", UINT32),
    )


_get_typeinfo = c_function("dds_get_typeinfo", ENTITY, ENTITY, ctypes.POINTER(POINTER))
_create_descriptor = c_function(
    "dds_create_topic_descriptor",
    ENTITY,
    ctypes.c_int,
    ENTITY,
    POINTER,
    ctypes.c_int64,
    ctypes.POINTER(ctypes.POINTER(_Descriptor)),
)
_create_topic = c_function("dds_create_topic", ENTITY, ENTITY, POINTER, ctypes.c_char_p, POINTER, POINTER)


class RawTopic:
    """A topic of a participant."""

    def __init__(self, participant: DomainParticipant, name: str, idl_type: Any):
        # A typed topic under another name supplies the type; it has no endpoints, so nobody sees it.
        typed = Topic(participant, f"_type/{idl_type.__idl__.idl_transformed_typename}", idl_type)
        information, pointer = POINTER(), ctypes.POINTER(_Descriptor)()
        checked(_get_typeinfo(typed._ref, ctypes.byref(information)), f"describe the type of {name}")
        checked(
            _create_descriptor(FIND_IN_PARTICIPANT, participant._ref, information, 10**9, ctypes.byref(pointer)),
            f"describe the type of {name}",
        )
        descriptor = pointer.contents
        descriptor.flags &= ~XTYPES_METADATA
        descriptor.type_information = descriptor.type_mapping = _Metadata(None, 0)
        self.ref = checked(
            _create_topic(participant._ref, ctypes.cast(pointer, POINTER), name.encode(), None, None),
            f"create topic {name}",
        )
        self._alive = typed, pointer
