"""The C interface of the cyclonedds wheel, as far as its Python interface does not reach.

The functions are exported but only half public, hence the exact version pin of the wheel. They are called with the
interpreter lock free.
"""

from __future__ import annotations

import ctypes
from typing import Any

from cyclonedds.internal import DDS

POINTER, ENTITY, SIZE, UINT32 = ctypes.c_void_p, ctypes.c_int32, ctypes.c_size_t, ctypes.c_uint32
TIMEOUT = -10  # DDS_RETCODE_TIMEOUT


def c_function(name: str, result: Any, *arguments: Any) -> Any:
    """A function of Cyclone DDS with the C types of its result and arguments."""
    function = getattr(DDS._dll_handle, name)
    function.restype, function.argtypes = result, arguments
    return function


def checked(code: int, action: str) -> int:
    """A return code that is no error.

    Raises:
        RuntimeError: a negative code; action says what was tried.
    """
    if code < 0:
        raise RuntimeError(f"Cyclone DDS could not {action} (code {code})")
    return code
