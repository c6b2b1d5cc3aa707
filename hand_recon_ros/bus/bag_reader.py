"""Reads recordings: rosbag2 folders (sqlite3 or mcap) and single .mcap or .db3 files."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rosbags.interfaces import Connection, ConnectionExtRosbag2, MessageDefinitionFormat, QosDurability, QosReliability
from rosbags.rosbag2 import Reader
from rosbags.typesys import Stores, TypesysError, get_types_from_msg, get_typestore

from hand_recon_ros.bus.definitions import message_types
from hand_recon_ros.bus.interface import Qos
from hand_recon_ros.bus.recorder import definition_of

MAX_DEPTH = 1000


@dataclass(frozen=True)
class BagTopic:
    """One topic of a recording."""

    name: str
    ros_type: str
    count: int
    qos: Qos
    definition: tuple[str, str] | None


@dataclass(frozen=True)
class BagMessage:
    """One message of a recording, at the time of its recording."""

    topic: BagTopic
    stamp_ns: int
    cdr: memoryview


class BagReader:
    """An open recording; see `open_bag`."""

    def __init__(self, reader: Reader):
        self._reader = reader
        self._topics = {connection.id: _topic(connection) for connection in reader.connections}

    @property
    def topics(self) -> tuple[BagTopic, ...]:
        """All topics."""
        return tuple(self._topics.values())

    @property
    def message_count(self) -> int:
        """Number of messages of all topics."""
        return self._reader.message_count

    @property
    def duration_s(self) -> float:
        """Time from the first to the last message."""
        return self._reader.duration / 1e9

    def messages(self, topics: Collection[BagTopic] | None = None) -> Iterator[BagMessage]:
        """Messages of some topics, or of all, in the order of their recording times.

        Raises:
            ValueError: the recording is damaged at this place.
        """
        wanted = [c for c in self._reader.connections if topics is None or self._topics[c.id] in topics]
        messages = self._reader.messages(wanted) if wanted else iter(())
        while True:
            try:
                connection, stamp_ns, cdr = next(messages)
            except StopIteration:
                return
            except Exception as error:  # a damaged file makes the libraries below raise many things
                raise ValueError(f"recording {self._reader.path} is damaged: {error}") from error
            yield BagMessage(self._topics[connection.id], stamp_ns, memoryview(cdr))

    def first(self, topic: BagTopic) -> BagMessage | None:
        """The first message of one topic."""
        return next(self.messages([topic]), None)


def is_recording(path: Path) -> bool:
    """Whether a path looks like a recording: by its suffix, or as a rosbag2 folder."""
    return path.suffix in (".mcap", ".db3") or (path / "metadata.yaml").is_file()


@contextmanager
def open_bag(path: Path) -> Iterator[BagReader]:
    """Open a rosbag2 folder (sqlite3 or mcap) or a single .mcap or .db3 file.

    Raises:
        ValueError: it is missing, damaged or something else.
    """
    try:
        reader = Reader(path)
        reader.open()
    except Exception as error:  # a damaged file makes the libraries below raise many things
        raise ValueError(
            f"expected a rosbag2 folder or an .mcap file, {path} cannot be read: {error}; "
            "`mcap recover` or `ros2 bag reindex` may repair a recording that was cut short"
        ) from error
    try:
        yield BagReader(reader)
    finally:
        reader.close()


def _topic(connection: Connection) -> BagTopic:
    return BagTopic(
        connection.topic, connection.msgtype, connection.msgcount, _qos(connection.ext), _definition(connection)
    )


def _definition(connection: Connection) -> tuple[str, str] | None:
    """Text and type hash of a topic's type: as known here, else as recorded; None where that makes no type."""
    ros_type, recorded = connection.msgtype, connection.msgdef
    if ros_type in message_types().fielddefs:
        return definition_of(ros_type)
    if recorded.format != MessageDefinitionFormat.MSG:
        return None
    store = get_typestore(Stores.EMPTY)
    try:
        store.register(get_types_from_msg(recorded.data, ros_type))
        return recorded.data, store.hash_rihs01(ros_type)
    except (TypesysError, KeyError):
        return None


def _qos(ext: Any) -> Qos:
    """The first offered profile; older recordings may have none."""
    profiles = ext.offered_qos_profiles if isinstance(ext, ConnectionExtRosbag2) else []
    if not profiles:
        return Qos(depth=10)
    profile = profiles[0]
    return Qos(
        profile.reliability != QosReliability.BEST_EFFORT,
        profile.durability == QosDurability.TRANSIENT_LOCAL,
        min(max(1, profile.depth), MAX_DEPTH),
    )
