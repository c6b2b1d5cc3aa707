"""What the publishers that match a reader say about themselves."""

from __future__ import annotations

import ctypes

from cyclonedds.qos import Policy, _CQos

from hand_recon_ros.bus.cyclone_c import ENTITY, POINTER, SIZE, c_function
from hand_recon_ros.bus.raw_endpoint import RawReader

MAX_MATCHED = 256


class _Endpoint(ctypes.Structure):
    """struct dds_builtintopic_endpoint."""

    _fields_ = (
        ("key", ctypes.c_uint8 * 16),
        ("participant_key", ctypes.c_uint8 * 16),
        ("participant_instance_handle", ctypes.c_uint64),
        ("topic_name", ctypes.c_char_p),
        ("type_name", ctypes.c_char_p),
        ("qos", POINTER),
    )


_publications = c_function("dds_get_matched_publications", ENTITY, ENTITY, POINTER, SIZE)
_publication = c_function("dds_get_matched_publication_data", ctypes.POINTER(_Endpoint), ENTITY, ctypes.c_uint64)
_free = c_function("dds_builtintopic_free_endpoint", None, POINTER)


def publishers_user_data(reader: RawReader) -> list[bytes]:
    """The user data of each matching publisher, of at most 256 of them."""
    handles = (ctypes.c_uint64 * MAX_MATCHED)()
    count = min(_publications(reader._ref, handles, MAX_MATCHED), MAX_MATCHED)
    return [data for handle in handles[: max(count, 0)] if (data := _user_data(reader, handle)) is not None]


def _user_data(reader: RawReader, handle: int) -> bytes | None:
    endpoint = _publication(reader._ref, handle)
    if not endpoint:
        return None  # gone meanwhile
    try:
        qos = _CQos.cqos_to_qos(endpoint.contents.qos)
        return qos[Policy.Userdata].data if Policy.Userdata in qos else b""
    finally:
        _free(endpoint)
