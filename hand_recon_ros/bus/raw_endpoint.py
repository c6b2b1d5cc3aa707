"""Writers and readers of ready CDR bytes: they go in and out without the Python (de)serialiser of the wheel."""

from __future__ import annotations

import ctypes
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from cyclonedds.core import DDSStatus, Entity, InstanceState, ReadCondition, SampleState, ViewState, WaitSet
from cyclonedds.internal import dds_c_t
from cyclonedds.qos import Qos, _CQos

from hand_recon_ros.bus.cyclone_c import ENTITY, POINTER, SIZE, TIMEOUT, UINT32, c_function, checked
from hand_recon_ros.bus.interface import Cdr
from hand_recon_ros.bus.raw_topic import RawTopic

ANY_STATE = SampleState.Any | ViewState.Any | InstanceState.Any
SERDATA_OF_DATA = 2  # enum ddsi_serdata_kind: SDK_DATA


class _Block(ctypes.Structure):
    """struct iovec."""

    _fields_ = (("base", POINTER), ("length", SIZE))


class _IncompatibleStatus(ctypes.Structure):
    """struct dds_offered_incompatible_qos_status, and dds_requested_incompatible_qos_status alike."""

    _fields_ = (("total_count", UINT32), ("total_count_change", ctypes.c_int32), ("last_policy_id", UINT32))


_create_writer = c_function("dds_create_writer", ENTITY, ENTITY, ENTITY, POINTER, POINTER)
_create_reader = c_function("dds_create_reader", ENTITY, ENTITY, ENTITY, POINTER, POINTER)
_entity_sertype = c_function("dds_get_entity_sertype", ENTITY, ENTITY, ctypes.POINTER(POINTER))
_serdata_from = c_function(
    "ddsi_serdata_from_ser_iov", POINTER, POINTER, ctypes.c_int, SIZE, ctypes.POINTER(_Block), SIZE
)
_write = c_function("dds_writecdr", ENTITY, ENTITY, POINTER)
_wait_for_acks = c_function("dds_wait_for_acks", ENTITY, ENTITY, ctypes.c_int64)
_take = c_function("dds_takecdr", ENTITY, ENTITY, ctypes.POINTER(POINTER), UINT32, POINTER, UINT32)
_serdata_size = c_function("ddsi_serdata_size", UINT32, POINTER)
_serdata_copy = c_function("ddsi_serdata_to_ser", None, POINTER, SIZE, SIZE, POINTER)
_serdata_unref = c_function("ddsi_serdata_unref", None, POINTER)
_matched_subscriptions = c_function("dds_get_matched_subscriptions", ENTITY, ENTITY, POINTER, SIZE)
_matched_publications = c_function("dds_get_matched_publications", ENTITY, ENTITY, POINTER, SIZE)
_offered_incompatible = c_function("dds_get_offered_incompatible_qos_status", ENTITY, ENTITY, POINTER)
_requested_incompatible = c_function("dds_get_requested_incompatible_qos_status", ENTITY, ENTITY, POINTER)


@dataclass(frozen=True)
class Incompatible:
    """Endpoints on the other side that could not match.

    Attributes:
        count: how many so far.
        policy: DDS number of the policy that kept the last of them away, 0 for none.
    """

    count: int = 0
    policy: int = 0


class RawEndpoint(Entity):
    """What writers and readers share; an Entity of cyclonedds, so that wait sets and guid work on it.

    In a wait set it triggers when an endpoint on the other side could not match, until `incompatible` is called.
    """

    create: Any
    matched: Any
    matched_status: int
    incompatible_status: int
    read_incompatible: Any

    def __init__(self, parent: Entity, topic: RawTopic, qos: Qos):
        c_qos = _CQos.qos_to_cqos(qos)
        ref = checked(type(self).create(parent._ref, topic.ref, c_qos, None), "create an endpoint")
        _CQos.cqos_destroy(c_qos)
        super().__init__(ref)
        self.in_use = threading.RLock()
        self.closed = False
        self._alive = parent, topic
        self._incompatible = Incompatible()
        self.set_status_mask(self.incompatible_status)

    def close(self) -> bool:
        """Leave the topic, once another thread that holds `in_use` lets go; False when it was closed before."""
        with self.in_use:
            if self.closed:
                return False
            self.incompatible()
            self.closed = True
            _delete(self)
            return True

    def matched_count(self) -> int:
        """Number of endpoints at the other side; 0 after closing."""
        return max(0, type(self).matched(self._ref, None, 0))

    def incompatible(self) -> Incompatible:
        """Endpoints on the other side that could not match, also after closing."""
        status = _IncompatibleStatus()
        with self.in_use:
            if not self.closed and type(self).read_incompatible(self._ref, ctypes.byref(status)) == 0:
                self._incompatible = Incompatible(status.total_count, status.last_policy_id)
        return self._incompatible

    def wait_matched(self, count: int, timeout_s: float) -> bool:
        """Wait until at least count endpoints match; False when the time is over before."""
        return self.wait_until(lambda: self.matched_count() >= count, timeout_s)

    def wait_until(self, condition: Callable[[], bool], timeout_s: float) -> bool:
        """Wait until a condition holds that depends on who matches; False when the time is over before."""
        participant = None if self.closed else self.participant
        if participant is None:
            return condition()
        waiter = WaitSet(participant)
        waiter.attach(self)
        self.set_status_mask(self.incompatible_status | self.matched_status)
        end = time.monotonic() + timeout_s
        try:
            while not condition():
                left = end - time.monotonic()
                if left <= 0:
                    return False
                waiter.wait(int(left * 1e9))
                self.take_status(self.matched_status)
            return True
        finally:
            self.set_status_mask(self.incompatible_status)


class RawWriter(RawEndpoint):
    """Sends CDR bytes."""

    create = _create_writer
    matched = _matched_subscriptions
    matched_status = DDSStatus.PublicationMatched
    incompatible_status = DDSStatus.OfferedIncompatibleQos
    read_incompatible = _offered_incompatible

    def __init__(self, parent: Entity, topic: RawTopic, qos: Qos):
        super().__init__(parent, topic, qos)
        self._type = POINTER()
        checked(_entity_sertype(self._ref, ctypes.byref(self._type)), "find the type of a writer")
        self._padding = ctypes.create_string_buffer(4)

    def write(self, cdr: Cdr) -> bool:
        """Send one message, padded to four bytes; False when slow readers kept it from being sent in time.

        Nothing is sent after closing: whoever publishes in a thread of its own need not be stopped first.

        Raises:
            ValueError: the bytes are not a message of the topic's type.
        """
        with self.in_use:  # the type may be gone with the writer
            return self.closed or self._write(np.frombuffer(cdr, np.uint8))

    def wait_acknowledged(self, timeout_s: float) -> bool:
        """Wait until all reliable readers have everything; False when the time is over before."""
        return _wait_for_acks(self._ref, int(timeout_s * 1e9)) == 0

    def _write(self, data: np.ndarray[Any, np.dtype[np.uint8]]) -> bool:
        pad = -len(data) % 4
        blocks = (_Block * 2)(_Block(data.ctypes.data, len(data)), _Block(ctypes.addressof(self._padding), pad))
        serdata = _serdata_from(self._type, SERDATA_OF_DATA, 2 if pad else 1, blocks, len(data) + pad)
        if not serdata:
            raise ValueError(f"expected a message of the topic's type, got {len(data)} bytes that do not fit it")
        code = _write(self._ref, serdata)
        return code != TIMEOUT and checked(code, "send a message") == 0


class RawReader(RawEndpoint):
    """Receives CDR bytes.

    Cyclone DDS does not say how many messages it replaced in a keep-last history. So the history in DDS should be
    `SPARE` messages deeper than the subscription: what is too old is dropped, and counted, here.

    Attributes:
        condition: triggers wait sets while messages wait.
        depth: how many messages are handed over at once at most.
        lost: messages so far that were dropped because newer ones came; those that DDS replaced beyond its deeper
            history are not counted.
    """

    create = _create_reader
    matched = _matched_publications
    matched_status = DDSStatus.SubscriptionMatched
    incompatible_status = DDSStatus.RequestedIncompatibleQos
    read_incompatible = _requested_incompatible

    SPARE = 4

    def __init__(self, parent: Entity, topic: RawTopic, qos: Qos, depth: int):
        super().__init__(parent, topic, qos)
        self.depth = depth
        self.lost = 0
        self.condition = ReadCondition(cast(Any, self), ANY_STATE)

    def close(self) -> bool:
        """Leave the topic; False when it was closed before."""
        with self.in_use:
            _delete(self.condition)
            return super().close()

    def take(self) -> list[memoryview]:
        """The newest messages that wait, oldest first, at most depth; each has memory of its own."""
        return [cdr for cdr, _ in self.take_with_publisher()]

    def take_with_publisher(self) -> list[tuple[memoryview, int]]:
        """As `take`, each message with the DDS handle of its publisher."""
        capacity = self.depth + self.SPARE
        serdata, infos = (POINTER * capacity)(), (dds_c_t.sample_info * capacity)()
        with self.in_use:
            if self.closed:
                return []
            count = checked(_take(self._ref, serdata, capacity, infos, ANY_STATE), "take messages")
        valid = [i for i in range(count) if infos[i].valid_data]
        newest = valid[-self.depth :]
        messages = [(_copy(serdata[i]), infos[i].publication_handle) for i in newest]
        for i in range(count):
            _serdata_unref(serdata[i])
        self.lost += len(valid) - len(newest)
        return messages


def _copy(serdata: Any) -> memoryview:
    cdr = np.empty(_serdata_size(serdata), np.uint8)
    _serdata_copy(serdata, 0, len(cdr), cdr.ctypes.data)
    return cdr.data


def _delete(entity: Entity) -> None:
    """Delete an entity now rather than when it is collected."""
    if Entity._entities.pop(entity._ref, None) is not None:
        entity._delete(entity._ref)
