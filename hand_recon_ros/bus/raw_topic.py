"""DDS topics that carry ready CDR bytes, through the C interface of the cyclonedds wheel.

Two things the wheel's Python interface cannot do are done here with ctypes. Bytes go in and out without the Python
(de)serialiser and with the interpreter lock free. And topics announce no XTypes type information: ROS 2 up to Kilted
announces none, and older Cyclone DDS peers refuse what the Python interface would announce; without it, matching is by
topic name, type name and QoS. The functions are exported but only half public, hence the exact version pin.
"""

from __future__ import annotations

import ctypes
import time
from typing import Any

import numpy as np
from cyclonedds.core import DDSStatus, Entity, InstanceState, SampleState, ViewState, WaitSet
from cyclonedds.domain import DomainParticipant
from cyclonedds.internal import DDS, dds_c_t
from cyclonedds.qos import Qos, _CQos
from cyclonedds.topic import Topic

from hand_recon_ros.bus.interface import Cdr

ANY_STATE = SampleState.Any | ViewState.Any | InstanceState.Any
SERDATA_OF_DATA = 2  # enum ddsi_serdata_kind: SDK_DATA
FIND_IN_PARTICIPANT = 1  # enum dds_find_scope: DDS_FIND_SCOPE_LOCAL_DOMAIN
XTYPES_METADATA = 1 << 6  # topic descriptor flag: type information follows
TIMEOUT = -10  # DDS_RETCODE_TIMEOUT
TAKE_AT_ONCE = 16

_pointer, _entity, _size = ctypes.c_void_p, ctypes.c_int32, ctypes.c_size_t


class _Metadata(ctypes.Structure):
    """struct dds_type_meta_ser."""

    _fields_ = (("data", _pointer), ("size", ctypes.c_uint32))


class _Descriptor(ctypes.Structure):
    """struct dds_topic_descriptor."""

    _fields_ = (
        ("size", ctypes.c_uint32),
        ("align", ctypes.c_uint32),
        ("flags", ctypes.c_uint32),
        ("nkeys", ctypes.c_uint32),
        ("typename", ctypes.c_char_p),
        ("keys", _pointer),
        ("nops", ctypes.c_uint32),
        ("ops", _pointer),
        ("meta", ctypes.c_char_p),
        ("type_information", _Metadata),
        ("type_mapping", _Metadata),
        ("restrict_data_representation", ctypes.c_uint32),
    )


class _Block(ctypes.Structure):
    """struct iovec."""

    _fields_ = (("base", _pointer), ("length", _size))


def _function(name: str, result: Any, *arguments: Any) -> Any:
    function = getattr(DDS._dll_handle, name)
    function.restype, function.argtypes = result, arguments
    return function


_get_typeinfo = _function("dds_get_typeinfo", _entity, _entity, ctypes.POINTER(_pointer))
_create_descriptor = _function(
    "dds_create_topic_descriptor",
    _entity,
    ctypes.c_int,
    _entity,
    _pointer,
    ctypes.c_int64,
    ctypes.POINTER(ctypes.POINTER(_Descriptor)),
)
_create_topic = _function("dds_create_topic", _entity, _entity, _pointer, ctypes.c_char_p, _pointer, _pointer)
_create_writer = _function("dds_create_writer", _entity, _entity, _entity, _pointer, _pointer)
_create_reader = _function("dds_create_reader", _entity, _entity, _entity, _pointer, _pointer)
_entity_sertype = _function("dds_get_entity_sertype", _entity, _entity, ctypes.POINTER(_pointer))
_serdata_from = _function(
    "ddsi_serdata_from_ser_iov", _pointer, _pointer, ctypes.c_int, _size, ctypes.POINTER(_Block), _size
)
_write = _function("dds_writecdr", _entity, _entity, _pointer)
_take = _function("dds_takecdr", _entity, _entity, ctypes.POINTER(_pointer), ctypes.c_uint32, _pointer, ctypes.c_uint32)
_serdata_size = _function("ddsi_serdata_size", ctypes.c_uint32, _pointer)
_serdata_copy = _function("ddsi_serdata_to_ser", None, _pointer, _size, _size, _pointer)
_serdata_unref = _function("ddsi_serdata_unref", None, _pointer)
_matched_subscriptions = _function("dds_get_matched_subscriptions", _entity, _entity, _pointer, _size)
_matched_publications = _function("dds_get_matched_publications", _entity, _entity, _pointer, _size)


def _checked(code: int, action: str) -> int:
    if code < 0:
        raise RuntimeError(f"Cyclone DDS could not {action} (code {code})")
    return code


class RawTopic:
    """A topic that announces its type by name only."""

    def __init__(self, participant: DomainParticipant, name: str, idl_type: Any):
        # A typed topic under another name supplies the type; it has no endpoints, so nobody sees it.
        typed = Topic(participant, f"_type/{idl_type.__idl__.idl_transformed_typename}", idl_type)
        information, pointer = _pointer(), ctypes.POINTER(_Descriptor)()
        _checked(_get_typeinfo(typed._ref, ctypes.byref(information)), f"describe the type of {name}")
        _checked(
            _create_descriptor(FIND_IN_PARTICIPANT, participant._ref, information, 10**9, ctypes.byref(pointer)),
            f"describe the type of {name}",
        )
        descriptor = pointer.contents
        descriptor.flags &= ~XTYPES_METADATA
        descriptor.type_information = descriptor.type_mapping = _Metadata(None, 0)
        self.ref = _checked(
            _create_topic(participant._ref, ctypes.cast(pointer, _pointer), name.encode(), None, None),
            f"create topic {name}",
        )
        self._alive = typed, pointer


class RawEndpoint(Entity):
    """What writers and readers share; an Entity of cyclonedds, so that wait sets and guid work on it."""

    create: Any
    matched: Any
    matched_status: int

    def __init__(self, parent: Entity, topic: RawTopic, qos: Qos):
        c_qos = _CQos.qos_to_cqos(qos)
        ref = _checked(type(self).create(parent._ref, topic.ref, c_qos, None), "create an endpoint")
        _CQos.cqos_destroy(c_qos)
        super().__init__(ref)
        self._alive = parent, topic
        self.set_status_mask(self.matched_status)

    def matched_count(self) -> int:
        """Number of endpoints at the other side; 0 after closing."""
        return max(0, type(self).matched(self._ref, None, 0))

    def wait_matched(self, count: int, timeout_s: float) -> bool:
        """Wait until at least count endpoints match; False when the time is over before."""
        participant = self.participant
        if participant is None:
            return False
        waiter = WaitSet(participant)
        waiter.attach(self)
        end = time.monotonic() + timeout_s
        while self.matched_count() < count:
            left = end - time.monotonic()
            if left <= 0:
                return False
            waiter.wait(int(left * 1e9))
            self.take_status(self.matched_status)
        return True


class RawWriter(RawEndpoint):
    """Sends CDR bytes."""

    create = _create_writer
    matched = _matched_subscriptions
    matched_status = DDSStatus.PublicationMatched

    def __init__(self, parent: Entity, topic: RawTopic, qos: Qos):
        super().__init__(parent, topic, qos)
        self._type = _pointer()
        _checked(_entity_sertype(self._ref, ctypes.byref(self._type)), "find the type of a writer")
        self._padding = ctypes.create_string_buffer(4)

    def write(self, cdr: Cdr) -> bool:
        """Send one message, padded to four bytes; False when slow readers kept it from being sent in time.

        Raises:
            ValueError: the bytes are not a message of the topic's type.
        """
        data = np.frombuffer(cdr, np.uint8)
        pad = -len(data) % 4
        blocks = (_Block * 2)(_Block(data.ctypes.data, len(data)), _Block(ctypes.addressof(self._padding), pad))
        serdata = _serdata_from(self._type, SERDATA_OF_DATA, 2 if pad else 1, blocks, len(data) + pad)
        if not serdata:
            raise ValueError(f"expected a message of the topic's type, got {len(data)} bytes that do not fit it")
        code = _write(self._ref, serdata)
        return code != TIMEOUT and _checked(code, "send a message") == 0


class RawReader(RawEndpoint):
    """Receives CDR bytes; wait with a WaitSet and a ReadCondition."""

    create = _create_reader
    matched = _matched_publications
    matched_status = DDSStatus.SubscriptionMatched

    def take(self) -> list[memoryview]:
        """Messages that wait, oldest first, at most 16; each has memory of its own."""
        serdata, infos = (_pointer * TAKE_AT_ONCE)(), (dds_c_t.sample_info * TAKE_AT_ONCE)()
        count = _checked(_take(self._ref, serdata, TAKE_AT_ONCE, infos, ANY_STATE), "take messages")
        messages = []
        for data, info in zip(serdata[:count], infos[:count], strict=True):
            if info.valid_data:
                cdr = np.empty(_serdata_size(data), np.uint8)
                _serdata_copy(data, 0, len(cdr), cdr.ctypes.data)
                messages.append(cdr.data)
            _serdata_unref(data)
        return messages
