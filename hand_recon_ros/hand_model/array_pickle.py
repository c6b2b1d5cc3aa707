"""Reads pickles that hold only arrays, without running anything they name.

MANO's files are Python 2 pickles of NumPy arrays, SciPy sparse matrices and chumpy variables; networks' mesh files are
alike. Every class such a file may name is replaced by a shell here that merely keeps its arrays; any other name is
refused. The shells are classes that define `__setstate__` themselves, so that no opcode can change them, and NumPy
never sees a foreign state.
"""

from __future__ import annotations

import io
import pickle
import pickletools
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

MAX_BYTES = 256 * 2**20
Array = npt.NDArray[Any]


def read_arrays(path: Path | str) -> dict[str, Array | str]:
    """The arrays and texts of a pickled dictionary of them; sparse matrices come dense.

    Entry k of a list of them is called "name.k"; anything else is left out.

    Raises:
        ValueError: no pickle, a damaged or too large one, or one that holds anything but arrays.
    """
    with _complaints(path, "a pickled dictionary of arrays"):
        content = _loaded(path, MAX_BYTES)
        if not isinstance(content, dict):
            raise ValueError(f"it holds a {type(content).__name__}, not a dictionary")
        values = {name: _value_of(value) for name, value in _entries(content)}
    return {name: value for name, value in values.items() if value is not None}


def read_tree(path: Path | str, max_bytes: int = MAX_BYTES) -> Any:
    """The content of a pickle of dictionaries, lists and tuples of arrays, texts, numbers and None, as it is nested.

    Sparse matrices come dense. What is none of these, and arrays of anything but numbers, come as None.

    Raises:
        ValueError: no pickle, a damaged or too large one, or one that names anything but arrays.
    """
    with _complaints(path, "a pickle of arrays"):
        return _plain(_loaded(path, max_bytes), {})


@contextmanager
def _complaints(path: Path | str, expected: str) -> Iterator[None]:
    try:
        yield
    except OSError:
        raise
    except Exception as error:  # a foreign file can break the unpickler in any way
        raise ValueError(f"expected {expected} in {path}: {error}") from error


def _loaded(path: Path | str, max_bytes: int) -> Any:
    size = Path(path).stat().st_size
    if size > max_bytes:
        raise ValueError(f"it may have at most {max_bytes // 2**20} MiB, and has {size} bytes")
    data = Path(path).read_bytes()
    _check_opcodes(data)
    return _ArrayUnpickler(io.BytesIO(data), encoding="latin1").load()


def _plain(value: Any, done: dict[int, Any]) -> Any:
    """The value without shells; what a file refers to many times is converted once."""
    if id(value) in done:
        return done[id(value)]
    if isinstance(value, dict):
        plain: Any = {key: _plain(entry, done) for key, entry in value.items()}
    elif isinstance(value, list | tuple):
        plain = type(value)(_plain(entry, done) for entry in value)
    elif isinstance(value, _Array):
        plain = value.value() if value.numeric() else None
    elif isinstance(value, _Shell):
        plain = value.value() if isinstance(value, _Sparse | _Variable | _Selection) else None
    else:
        plain = value if isinstance(value, str | int | float) else None
    done[id(value)] = plain
    return plain


def _check_opcodes(data: bytes) -> None:
    """Refuse truncated files, and memo numbers that would make the unpickler reserve far more than the file's size."""
    for opcode, argument, _ in pickletools.genops(data):
        if "PUT" in opcode.name and isinstance(argument, int) and argument > len(data):
            raise ValueError(f"memo number {argument} in a file of {len(data)} bytes")


def _entries(content: dict[Any, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in content.items():
        if isinstance(value, list):
            yield from ((f"{name}.{k}", entry) for k, entry in enumerate(value) if isinstance(entry, _Shell))
        else:
            yield str(name), value


def _value_of(value: Any) -> Array | str | None:
    if isinstance(value, _Array | _Sparse | _Variable | _Selection):
        return value.value()
    if isinstance(value, str | int | float):
        return str(value)
    return None


class _Shell:
    """Stands for a class that a pickle names."""

    state: Any = None

    def __init__(self, *ignored: object) -> None:
        pass

    def __setstate__(self, state: object) -> None:
        self.state = state


class _DataType(_Shell):
    """numpy.dtype of plain numbers; the state adds the byte order."""

    def __init__(self, code: str, *ignored: object) -> None:
        self.code = code

    def numeric(self) -> bool:
        return np.dtype(str(self.code)).kind in "biuf"

    def resolved(self) -> np.dtype[Any]:
        dtype = np.dtype(str(self.code))
        if not self.numeric():
            raise ValueError(f"expected numbers, got an array of {dtype}")
        return dtype.newbyteorder(self.state[1]) if self.state else dtype


class _Array(_Shell):
    """numpy.ndarray; the state is version, shape, data type, Fortran order, bytes."""

    def numeric(self) -> bool:
        return bool(self.state[2].numeric())

    def value(self) -> Array:
        _, shape, dtype, fortran, data = self.state
        # Python 2 strings arrive as text in Latin 1.
        raw = data.encode("latin1") if isinstance(data, str) else bytes(data)
        return np.frombuffer(raw, dtype.resolved()).reshape(shape, order="F" if fortran else "C")


class _Scalar(_Array):
    """numpy scalar of a data type and bytes."""

    def __init__(self, dtype: _DataType, data: object) -> None:
        self.state = (1, (), dtype, False, data)


class _FromBuffer(_Array):
    """numpy.ndarray as pickle protocol 5 writes it."""

    def __init__(self, data: object, dtype: _DataType, shape: tuple[int, ...], order: str) -> None:
        self.state = (1, shape, dtype, order == "F", data)


class _Sparse(_Shell):
    """scipy.sparse matrix in compressed columns (or rows, in the subclass)."""

    by_column = True

    def value(self) -> Array:
        shape = self.state.get("_shape", self.state.get("shape"))
        data, indices, starts = (self.state[name].value() for name in ("data", "indices", "indptr"))
        major, minor = shape[::-1] if self.by_column else shape
        if not (0 < major * minor <= MAX_BYTES // 8 and len(starts) == major + 1):
            raise ValueError(f"expected a small sparse matrix, got one of {shape} with {len(starts)} starts")
        dense = np.zeros((major, minor))
        np.add.at(dense, (np.repeat(np.arange(major), np.diff(starts)), indices), data)
        return dense.T if self.by_column else dense


class _SparseRows(_Sparse):
    by_column = False


class _Variable(_Shell):
    """chumpy.Ch: an array under the name x."""

    def value(self) -> Array:
        return self.state["x"].value()


class _Selection(_Shell):
    """chumpy.reordering.Select: entries of a flattened variable, in a shape of their own."""

    def value(self) -> Array:
        source, indices = self.state["a"], self.state["idxs"]
        if not isinstance(source, _Variable) or not isinstance(indices, _Array):
            raise ValueError("expected a selection from an array")
        picked = source.value().ravel()[indices.value().ravel()]
        return picked.reshape(self.state["preferred_shape"]) if "preferred_shape" in self.state else picked


class _NoBytes(_Shell):
    """bytes without arguments, by which protocol 2 writes an empty array's data."""

    def __new__(cls) -> Any:
        return b""


class _Latin1(_Shell):
    """_codecs.encode, by which protocol 2 writes bytes from Python 3."""

    def __new__(cls, text: str, encoding: str) -> Any:
        if encoding != "latin1":
            raise ValueError(f"expected bytes in latin1, got {encoding!r}")
        return text.encode("latin1")


class _Instance(_Shell):
    """copy_reg._reconstructor and numpy's _reconstruct: an empty instance of a class, here always of a shell."""

    def __new__(cls, shell: type[_Shell], *ignored: object) -> Any:
        if not (isinstance(shell, type) and issubclass(shell, _Shell)):
            raise ValueError(f"expected an array's class, got {shell!r}")
        return object.__new__(shell)


ADMITTED: dict[str, type[_Shell]] = {
    **{f"numpy.{core}.multiarray._reconstruct": _Instance for core in ("core", "_core")},
    **{f"numpy.{core}.multiarray.scalar": _Scalar for core in ("core", "_core")},
    **{f"numpy.{core}.numeric._frombuffer": _FromBuffer for core in ("core", "_core")},
    "numpy.ndarray": _Array,
    "numpy.dtype": _DataType,
    "_codecs.encode": _Latin1,
    **{f"{module}._reconstructor": _Instance for module in ("copy_reg", "copyreg")},
    **{f"{module}.{name}": _Shell for module in ("__builtin__", "builtins") for name in ("object", "set")},
    **{f"{module}.bytes": _NoBytes for module in ("__builtin__", "builtins")},
    **{f"scipy.sparse.{module}.csc_matrix": _Sparse for module in ("csc", "_csc")},
    **{f"scipy.sparse.{module}.csr_matrix": _SparseRows for module in ("csr", "_csr")},
    **{f"chumpy.{module}": _Variable for module in ("ch.Ch", "Ch")},
    "chumpy.reordering.Select": _Selection,
    # A tensor, and what holds it: read as nothing.
    **{f"torch.{name}": _Shell for name in ("_utils._rebuild_tensor_v2", "storage._load_from_bytes")},
    "collections.OrderedDict": _Shell,
}


class _ArrayUnpickler(pickle.Unpickler):
    def persistent_load(self, name: object) -> None:
        raise pickle.UnpicklingError("it refers to an object outside itself")

    def find_class(self, module: str, name: str) -> type[_Shell]:
        shell = ADMITTED.get(f"{module}.{name}")
        if shell is None:
            raise pickle.UnpicklingError(f"it names {module}.{name}, which no file of arrays needs")
        return shell
