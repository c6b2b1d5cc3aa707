"""Writes recordings: one .mcap file that stays readable when writing is interrupted."""

from __future__ import annotations

import shutil
import struct
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from rosbags.interfaces import Qos as BagQos
from rosbags.interfaces import QosDurability, QosHistory, QosLiveliness, QosReliability, QosTime
from rosbags.rosbag2 import StoragePlugin, Writer

from hand_recon_ros.bus.definitions import message_types
from hand_recon_ros.bus.interface import RESULTS, Cdr, Qos

if TYPE_CHECKING:
    from rosbags.interfaces import Connection

MAGIC = b"\x89MCAP0\r\n"
# MCAP records of an empty data end and of a footer without a summary: readers then scan the file.
END_OF_DATA = struct.pack("<BQI", 0x0F, 4, 0) + struct.pack("<BQQQI", 0x02, 20, 0, 0, 0) + MAGIC
RECORD_HEADER = struct.Struct("<BQ")
PARTIAL = ".partial"
FOREVER = QosTime(9223372036, 854775807)


class BagWriter:
    """A new recording, written beside its place and moved there by `close`.

    After a failed or interrupted write, closing keeps every message of the chunks (one megabyte each) that are
    complete; use it as a context manager.

    Args:
        path: of the .mcap file to create.

    Raises:
        ValueError: another suffix.
        FileExistsError: the file, or what an earlier killed recording left of it, is there already.
    """

    def __init__(self, path: Path):
        if path.suffix != ".mcap":
            raise ValueError(f"expected the name of an .mcap file for the recording, got {path}")
        self.path = path
        self._folder = path.with_name(f"{path.name}{PARTIAL}")
        if path.exists():
            raise FileExistsError(f"{path} exists already; remove it or choose another name")
        if self._folder.exists():
            raise FileExistsError(
                f"{self._folder} is left of a recording that was killed; keep it with "
                f"`hand-recon recover {self._folder}`, remove it, or choose another name"
            )
        self._writer = Writer(self._folder, version=9, storage_plugin=StoragePlugin.MCAP)
        self._writer.open()
        self._topics: dict[str, Connection] = {}
        self._intact = True
        self._open = True

    def add_topic(
        self, topic: str, ros_type: str, qos: Qos = RESULTS, definition: tuple[str, str] | None = None
    ) -> None:
        """Announce a topic.

        Args:
            topic: absolute name.
            ros_type: message type.
            qos: what a player should offer.
            definition: text and type hash of the message definition; by default of the known message types.

        Raises:
            ValueError: a type without a known definition, or a topic that was announced with another type.
        """
        known = self._topics.get(topic)
        if known is not None:
            if known.msgtype != ros_type:
                raise ValueError(f"expected {known.msgtype} on {topic} as before, got {ros_type}")
            return
        text, type_hash = definition or definition_of(ros_type)
        self._topics[topic] = self._writer.add_connection(
            topic, ros_type, msgdef=text, rihs01=type_hash, offered_qos_profiles=[bag_qos(qos)]
        )

    def write(self, topic: str, stamp_ns: int, cdr: Cdr) -> None:
        """Append one message of an announced topic.

        Raises:
            OSError: it could not be written, for example because the disk is full; nothing more can be added then.
        """
        try:
            self._writer.write(self._topics[topic], stamp_ns, memoryview(cdr))
        except BaseException as error:
            self._intact = False
            if isinstance(error, OSError):
                reason = f"recording {self.path} stopped: {error.strerror}; what was written before is kept"
                raise OSError(error.errno, reason) from error
            raise

    def close(self) -> None:
        """Finish the file; may be called twice."""
        if not self._open:
            return
        self._open = False
        file = _file_in(self._folder)
        if self._intact:
            try:
                self._writer.close()
            except OSError:
                self._intact = False
        if not self._intact:
            with suppress(OSError):
                self._writer.abort()
            seal(file)
        file.replace(self.path)
        shutil.rmtree(self._folder)

    def __enter__(self) -> BagWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def recover(folder: Path) -> Path:
    """Put what a killed process left of a recording in the recording's place, readable; returns that place.

    Args:
        folder: named after the recording, with `.partial` behind it.

    Raises:
        ValueError: the folder is not what is left of a recording.
        FileExistsError: the recording itself is there.
    """
    place, file = folder.with_suffix(""), _file_in(folder)
    if folder.suffix != PARTIAL or not file.is_file():
        raise ValueError(f"expected a folder such as night.mcap{PARTIAL} with {file.name} in it, got {folder}")
    if place.exists():
        raise FileExistsError(f"{place} exists already; move it away first")
    seal(file)
    file.replace(place)
    shutil.rmtree(folder)
    return place


def _file_in(folder: Path) -> Path:
    return folder / f"{folder.name}.mcap"


def seal(path: Path) -> None:
    """Make an .mcap file that ends in the middle readable: drop an incomplete last record and write an end.

    Raises:
        ValueError: the file does not start as MCAP.
    """
    with path.open("r+b") as file:
        if file.read(len(MAGIC)) != MAGIC:
            raise ValueError(f"expected an MCAP file to repair, {path} is another kind of file")
        size = file.seek(0, 2)
        end = len(MAGIC)
        while True:
            file.seek(end)
            head = file.read(RECORD_HEADER.size)
            if len(head) < RECORD_HEADER.size:
                break
            kind, length = RECORD_HEADER.unpack(head)
            if kind == 0x0F or end + RECORD_HEADER.size + length > size:
                break
            end += RECORD_HEADER.size + length
        file.truncate(end)
        file.seek(end)
        file.write(END_OF_DATA)


def definition_of(ros_type: str) -> tuple[str, str]:
    """Text and type hash of a known message type; ValueError for others."""
    types = message_types()
    if ros_type not in types.fielddefs:
        raise ValueError(f"message type {ros_type} is not known here and the recording brings no definition of it")
    text, _ = types.generate_msgdef(ros_type, ros_version=2)
    return text, types.hash_rihs01(ros_type)


def bag_qos(qos: Qos) -> BagQos:
    """The profile that recordings note for a topic."""
    return BagQos(
        QosHistory.KEEP_LAST,
        qos.depth,
        QosReliability.RELIABLE if qos.reliable else QosReliability.BEST_EFFORT,
        QosDurability.TRANSIENT_LOCAL if qos.transient_local else QosDurability.VOLATILE,
        FOREVER,
        FOREVER,
        QosLiveliness.AUTOMATIC,
        FOREVER,
        False,
    )
