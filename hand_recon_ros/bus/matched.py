"""What the endpoints that match a reader or writer say about themselves: their DDS user data."""

from __future__ import annotations

import ctypes
from typing import Any

from cyclonedds.qos import Policy, _CQos

from hand_recon_ros.bus.cyclone_c import ENTITY, POINTER, SIZE, c_function
from hand_recon_ros.bus.raw_endpoint import RawReader, RawWriter

MAX_MATCHED = 256
HANDLE = ctypes.c_int64  # dds_instance_handle_t, as the wheel declares it


class _Endpoint(ctypes.Structure):
    """struct dds_builtintopic_endpoint."""

    _fields_ = (
        ("key", ctypes.c_uint8 * 16),
        ("participant_key", ctypes.c_uint8 * 16),
        ("participant_instance_handle", HANDLE),
        ("topic_name", ctypes.c_char_p),
        ("type_name", ctypes.c_char_p),
        ("qos", POINTER),
    )


_publications = c_function("dds_get_matched_publications", ENTITY, ENTITY, POINTER, SIZE)
_subscriptions = c_function("dds_get_matched_subscriptions", ENTITY, ENTITY, POINTER, SIZE)
_publication = c_function("dds_get_matched_publication_data", ctypes.POINTER(_Endpoint), ENTITY, HANDLE)
_subscription = c_function("dds_get_matched_subscription_data", ctypes.POINTER(_Endpoint), ENTITY, HANDLE)
_free = c_function("dds_builtintopic_free_endpoint", None, POINTER)


def publisher_data(reader: RawReader, handle: int) -> bytes:
    """The user data of one publisher; nothing when it is gone."""
    return _user_data(_publication(reader._ref, handle))


def publishers_data(reader: RawReader) -> list[bytes]:
    """The user data of each matching publisher, of at most 256 of them."""
    return [_user_data(_publication(reader._ref, handle)) for handle in _handles(_publications, reader)]


def subscriptions_data(writer: RawWriter) -> list[bytes]:
    """The user data of each matching subscription, of at most 256 of them."""
    return [_user_data(_subscription(writer._ref, handle)) for handle in _handles(_subscriptions, writer)]


def _handles(list_matched: Any, endpoint: RawReader | RawWriter) -> list[int]:
    handles = (HANDLE * MAX_MATCHED)()
    count = list_matched(endpoint._ref, handles, MAX_MATCHED)
    return list(handles[: max(0, min(count, MAX_MATCHED))])


def _user_data(endpoint: Any) -> bytes:
    if not endpoint:
        return b""
    try:
        qos = _CQos.cqos_to_qos(endpoint.contents.qos)
        return bytes(qos[Policy.Userdata].data) if Policy.Userdata in qos else b""
    finally:
        _free(endpoint)
