"""Large JSON files, of which only one element at a time is parsed.

FreiHAND's vertices take 1.5 GB as text, InterHand2.6M's annotations as much: parsed whole they fill the memory of
every worker process. Here a file is scanned once for where its elements begin and end, at 100 to 300 MB a second.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from hand_recon_train.datasets.files import existing

CHUNK = 1 << 23
MAX_ELEMENT_BYTES = 1 << 24
LONGEST_KEY = 200
QUOTE, OPEN, CLOSE = 1, 2, 3
KINDS = np.zeros(256, np.uint8)
KINDS[ord('"')] = QUOTE
KINDS[[ord("["), ord("{")]] = OPEN
KINDS[[ord("]"), ord("}")]] = CLOSE
KEY = re.compile(rb'"([^"\\]*)"\s*:\s*\Z')
Offsets = npt.NDArray[np.int64]


@dataclass(frozen=True)
class JsonRows:
    """Elements of a JSON file, each parsed when it is asked for; small to copy into worker processes.

    Attributes:
        path: the file. name: what the elements are, for messages.
        starts, ends: (N,) byte offsets.
    """

    path: Path
    name: str
    starts: Offsets
    ends: Offsets

    def __len__(self) -> int:
        return len(self.starts)

    def __getitem__(self, row: int) -> Any:
        """The element of a row.

        Raises:
            ValueError: it is no JSON.
        """
        with self.path.open("rb") as file:
            return self._parsed(file, row)

    def __iter__(self) -> Iterator[Any]:
        with self.path.open("rb") as file:
            yield from (self._parsed(file, row) for row in range(len(self)))

    def where(self, row: int) -> str:
        """A row's name in messages."""
        return f"{self.path}, {self.name} {row}"

    def _parsed(self, file: BinaryIO, row: int) -> Any:
        start, end = int(self.starts[row]), int(self.ends[row])
        if end - start > MAX_ELEMENT_BYTES:
            raise ValueError(f"expected at most {MAX_ELEMENT_BYTES >> 20} MiB in {self.where(row)}")
        file.seek(start)
        try:
            return json.loads(file.read(end - start))
        except ValueError as error:
            raise ValueError(f"expected JSON in {self.where(row)}: {error}; get the file again") from error


def read_json(path: Path, dataset: str, max_bytes: int = 1 << 26) -> Any:
    """A small JSON file, whole.

    Raises:
        FileNotFoundError: it is not there.
        ValueError: no JSON, or too large.
    """
    size = existing(path, dataset).stat().st_size
    if size > max_bytes:
        raise ValueError(f"expected at most {max_bytes >> 20} MiB in {path}, got {size} bytes")
    try:
        return json.loads(path.read_bytes())
    except ValueError as error:
        raise ValueError(f"expected JSON in {path}: {error}; get the file again") from error


def json_list(path: Path, dataset: str) -> JsonRows:
    """The arrays or objects in the list that a file is.

    Raises:
        FileNotFoundError: it is not there.
        ValueError: it is cut off, or no such list.
    """
    rows, _ = _elements(path, dataset, 1)
    return JsonRows(path, "entry", rows[0], rows[1])


def json_lists(path: Path, dataset: str, *names: str) -> tuple[JsonRows, ...]:
    """The objects of lists that a file holds under names, as annotations in the style of COCO are.

    Raises:
        FileNotFoundError: it is not there.
        ValueError: it is cut off, or has no such list.
    """
    rows, groups = _elements(path, dataset, 2)
    with path.open("rb") as file:
        found = {_key_before(file, start): (start, end) for start, end in groups.T.tolist()}
    missing = [name for name in names if name not in found]
    if missing:
        raise ValueError(f"expected the list {missing[0]!r} in {path}, got {', '.join(map(str, found))}")
    return tuple(_within(path, name, rows, *found[name]) for name in names)


def json_table(path: Path, dataset: str, name: str) -> tuple[JsonRows, dict[tuple[str, str], int]]:
    """The elements of a file of objects of objects, and the row of each pair of keys.

    Raises:
        FileNotFoundError: it is not there.
        ValueError: it is cut off, or no object of objects.
    """
    rows, groups = _elements(path, dataset, 2)
    table: dict[tuple[str, str], int] = {}
    with path.open("rb") as file:
        for start, end in groups.T.tolist():
            outer = _key_before(file, start)
            first, last = np.searchsorted(rows[0], (start, end)).tolist()
            table.update({(outer, _key_before(file, int(rows[0, row]))): row for row in range(first, last)})
    return JsonRows(path, name, rows[0], rows[1]), table


def _within(path: Path, name: str, rows: Offsets, start: int, end: int) -> JsonRows:
    first, last = np.searchsorted(rows[0], (start, end))
    return JsonRows(path, name, rows[0, first:last], rows[1, first:last])


def _key_before(file: BinaryIO, offset: int) -> str:
    """The key of the element that begins at an offset."""
    first = max(0, offset - LONGEST_KEY)
    file.seek(first)
    key = KEY.search(file.read(offset - first))
    if key is None:
        raise ValueError(f"expected a key before byte {offset} of {file.name}; is this the published file?")
    return key[1].decode("utf-8", "replace")


def _elements(path: Path, dataset: str, depth: int) -> tuple[Offsets, Offsets]:
    """Starts and ends (2, N) of the arrays and objects inside `depth` others, and of those one level above."""
    existing(path, dataset)
    found: dict[int, list[Offsets]] = {OPEN: [], CLOSE: []}
    above: dict[int, list[Offsets]] = {OPEN: [], CLOSE: []}
    level, quoted = 0, False
    with path.open("rb") as file:
        for offset, kinds, places in _marks(file):
            quotes = kinds == QUOTE
            if quoted or quotes.any():
                within = np.logical_xor.accumulate(np.append(quoted, quotes))
                quoted = bool(within[-1])
                outside = ~quotes & ~within[1:]
                kinds, places = kinds[outside], places[outside]
            opening = kinds == OPEN
            levels = level + np.cumsum(np.where(opening, 1, -1), dtype=np.int32)
            level = int(levels[-1]) if len(levels) else level
            levels -= opening  # how many are around this bracket's pair
            for kind, own in ((OPEN, opening), (CLOSE, ~opening)):
                found[kind].append(places[own & (levels == depth)] + offset)
                above[kind].append(places[own & (levels == depth - 1)] + offset)
    if level or quoted or not any(map(len, above[OPEN])):
        raise ValueError(f"expected a whole JSON file of lists in {path}, it is cut off or empty; get the file again")
    return _pairs(found), _pairs(above)


def _pairs(places: dict[int, list[Offsets]]) -> Offsets:
    return np.stack([np.concatenate(places[OPEN]), np.concatenate(places[CLOSE]) + 1])


def _marks(file: BinaryIO) -> Iterator[tuple[int, npt.NDArray[np.uint8], Offsets]]:
    """Offset of each chunk of a file, and the kinds and places in it of brackets and of quotes around texts."""
    offset, before = 0, b""
    while chunk := file.read(CHUNK):
        data = before + chunk
        marks = KINDS[np.frombuffer(data, np.uint8)]
        places = np.flatnonzero(marks)
        if b'\\"' in data:
            marks[[place for place in places[marks[places] == QUOTE].tolist() if _escaped(data, place)]] = 0
            places = np.flatnonzero(marks)
        yield offset - len(before), marks[places], places
        offset += len(chunk)
        before = data[len(data.rstrip(b"\\")) :]  # whether they escape a quote is seen in the next chunk


def _escaped(data: bytes, place: int) -> bool:
    """Whether an odd number of backslashes stands before a place."""
    start = place
    while start and data[start - 1] == ord("\\"):
        start -= 1
    return (place - start) % 2 == 1
