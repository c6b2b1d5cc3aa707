"""Recordings: every message in stamp order, results beside the inputs, and readable after interruptions."""

from __future__ import annotations

import errno
import resource
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from rosbags.rosbag2 import StoragePlugin, Writer

from hand_recon_ros.bus import LATCHED, RESULTS, SENSOR_DATA
from hand_recon_ros.bus.bag import BagBus
from hand_recon_ros.bus.bag_reader import BagMessage, open_bag
from hand_recon_ros.bus.camera_codec import CAMERA_INFO, encode_camera_info, info_of
from hand_recon_ros.bus.definitions import message_types
from hand_recon_ros.bus.image_codec import IMAGE, decode_image, encode_image
from hand_recon_ros.bus.names import NodeName
from hand_recon_ros.bus.recorder import BagWriter, recover, seal
from hand_recon_ros.types import CameraModel

INFO = encode_camera_info(info_of(CameraModel(600, 600, 320, 240, 640, 480), 0, "camera"))
NODE = NodeName("hands")


def image(stamp: int, size: int = 4) -> bytearray:
    return encode_image(stamp, "camera", np.full((size, size, 3), stamp % 256, np.uint8))


def write_bag(path: Path, storage: StoragePlugin) -> None:
    """Five images out of order, each followed by its camera_info."""
    with Writer(path, version=9, storage_plugin=storage) as writer:
        images = writer.add_connection("/image", IMAGE, typestore=message_types())
        infos = writer.add_connection("/camera_info", CAMERA_INFO, typestore=message_types())
        for stamp in (30, 10, 50, 20, 40):
            writer.write(images, stamp, image(stamp))
            writer.write(infos, stamp + 1, INFO)


@pytest.fixture(params=["sqlite3", "mcap", "mcap file"])
def bag_path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    folder = tmp_path / "bag"
    write_bag(folder, StoragePlugin.SQLITE3 if request.param == "sqlite3" else StoragePlugin.MCAP)
    return next(folder.glob("*.mcap")) if request.param == "mcap file" else folder


def messages(path: Path) -> list[BagMessage]:
    with open_bag(path) as bag:
        return list(bag.messages())


def test_messages_come_in_stamp_order(bag_path: Path) -> None:
    with open_bag(bag_path) as bag:
        assert bag.message_count == 10
        assert {(topic.name, topic.ros_type, topic.count) for topic in bag.topics} == {
            ("/image", IMAGE, 5),
            ("/camera_info", CAMERA_INFO, 5),
        }
        stamps = [message.stamp_ns for message in bag.messages()]
    assert stamps == sorted(stamps)


def test_the_bus_delivers_every_message_and_the_first_intrinsics_ahead(bag_path: Path) -> None:
    seen: list[tuple[str, int]] = []
    progress: list[tuple[int, int]] = []
    with open_bag(bag_path) as bag:
        bus = BagBus(NODE, bag, on_progress=lambda done, total: progress.append((done, total)))
        subscription = bus.subscribe(
            "image", IMAGE, SENSOR_DATA, lambda cdr: seen.append(("image", decode_image(cdr).stamp_ns))
        )
        absent = bus.subscribe("depth", IMAGE, SENSOR_DATA, lambda cdr: seen.append(("depth", 0)))
        bus.subscribe("camera_info", CAMERA_INFO, SENSOR_DATA, lambda cdr: seen.append(("info", bus.now_ns())))
        assert (subscription.publisher_count(), absent.publisher_count()) == (1, 0)
        bus.spin(threading.Event())
    stream = [(name, stamp + (name == "info")) for stamp in (10, 20, 30, 40, 50) for name in ("image", "info")]
    assert seen == [("info", 11), *stream]
    assert progress == [(done, 10) for done in range(1, 11)]


def test_results_are_written_beside_the_inputs_at_their_time(bag_path: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.mcap"
    with open_bag(bag_path) as bag, BagWriter(out) as writer:
        bus = BagBus(NODE, bag, writer)
        results = bus.publisher("~/results", IMAGE, RESULTS)
        bus.subscribe("image", IMAGE, SENSOR_DATA, lambda cdr: results.publish(image(decode_image(cdr).stamp_ns + 100)))
        assert results.subscription_count() == 1
        bus.spin(threading.Event())
    found = messages(out)
    assert out.is_file()
    assert [entry.name for entry in tmp_path.iterdir() if "partial" in entry.name] == []
    copied = [(m.topic.name, m.stamp_ns, m.cdr) for m in found if m.topic.name != "/hands/results"]
    assert copied == [(m.topic.name, m.stamp_ns, m.cdr) for m in messages(bag_path)]
    own = [(m.stamp_ns, decode_image(m.cdr).stamp_ns) for m in found if m.topic.name == "/hands/results"]
    assert own == [(stamp, stamp + 100) for stamp in (10, 20, 30, 40, 50)]


def test_two_replays_are_byte_for_byte_equal(bag_path: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        with open_bag(bag_path) as bag, BagWriter(tmp_path / f"{name}.mcap") as writer:
            bus = BagBus(NODE, bag, writer)
            bus.subscribe("image", IMAGE, SENSOR_DATA, bus.publisher("~/copy", IMAGE, LATCHED).publish)
            bus.spin(threading.Event())
    assert [(m.topic, m.stamp_ns, m.cdr) for m in messages(tmp_path / "a.mcap")] == [
        (m.topic, m.stamp_ns, m.cdr) for m in messages(tmp_path / "b.mcap")
    ]


def test_some_results_stay_out_and_shared_topics_stay_in(tmp_path: Path, bag_path: Path) -> None:
    out = tmp_path / "out.mcap"
    with open_bag(bag_path) as bag, BagWriter(out) as writer:
        bus = BagBus(NODE, bag, writer, unrecorded=["~/drawn"])
        drawn, shared = bus.publisher("~/drawn", IMAGE, RESULTS), bus.publisher("/camera_info", CAMERA_INFO, RESULTS)
        assert (drawn.subscription_count(), shared.subscription_count()) == (0, 1)
        bus.subscribe("image", IMAGE, SENSOR_DATA, drawn.publish)
        bus.spin(threading.Event())
        shared.publish(INFO)
    counts = Counter(message.topic.name for message in messages(out))
    assert counts == {"/image": 5, "/camera_info": 6}


def test_a_topic_of_another_type_is_refused(bag_path: Path) -> None:
    with open_bag(bag_path) as bag, pytest.raises(ValueError, match="the recording has sensor_msgs/msg/Image"):
        BagBus(NODE, bag).subscribe("image", CAMERA_INFO, SENSOR_DATA, lambda cdr: None)


def test_stopping_ends_the_replay(bag_path: Path) -> None:
    stop, count = threading.Event(), 0

    def handle(cdr: memoryview) -> None:
        nonlocal count
        count += 1
        stop.set()

    with open_bag(bag_path) as bag:
        bus = BagBus(NODE, bag)
        bus.subscribe("image", IMAGE, SENSOR_DATA, handle)
        bus.spin(stop)
    assert count == 1


@pytest.mark.parametrize("name", ["missing.mcap", "text.mcap", "empty.mcap", "folder", "other.bag"])
def test_what_is_no_recording_is_one_sentence(tmp_path: Path, name: str) -> None:
    (tmp_path / "text.mcap").write_text("not an mcap file, but long enough to have room for a footer at its end")
    (tmp_path / "empty.mcap").touch()
    (tmp_path / "folder").mkdir()
    (tmp_path / "other.bag").touch()
    with pytest.raises(ValueError, match=f"expected a rosbag2 folder.*{name}"), open_bag(tmp_path / name):
        pass


def test_names_and_existing_files_are_checked_before_writing(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="mcap"):
        BagWriter(tmp_path / "out.bag")
    (tmp_path / "out.mcap").touch()
    with pytest.raises(FileExistsError, match="exists already"):
        BagWriter(tmp_path / "out.mcap")


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_an_interrupted_recording_keeps_everything_so_far(tmp_path: Path, error: type[BaseException]) -> None:
    with pytest.raises(error), BagWriter(tmp_path / "out.mcap") as writer:
        writer.add_topic("/image", IMAGE)
        for stamp in range(9):
            writer.write("/image", stamp, image(stamp, 200))
        raise error
    assert [m.stamp_ns for m in messages(tmp_path / "out.mcap")] == list(range(9))


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """Files cannot grow beyond size bytes, as on a full disk."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)


def test_a_full_disk_keeps_the_messages_that_were_written(tmp_path: Path) -> None:
    written = 0
    with largest_file(5_000_000), pytest.raises(OSError, match="kept") as error, BagWriter(tmp_path / "o.mcap") as bag:
        bag.add_topic("/image", IMAGE)
        for stamp in range(100):
            bag.write("/image", stamp, image(stamp, 300))
            written += 1
    assert error.value.errno in (errno.EFBIG, errno.ENOSPC)
    found = messages(tmp_path / "o.mcap")
    assert written - 5 <= len(found) <= written < 100
    assert [m.stamp_ns for m in found] == list(range(len(found)))
    assert found[-1].cdr == image(len(found) - 1, 300)


def test_a_file_of_a_killed_process_can_be_sealed(tmp_path: Path) -> None:
    writer = BagWriter(tmp_path / "out.mcap")
    writer.add_topic("/image", IMAGE)
    for stamp in range(22):
        writer.write("/image", stamp, image(stamp, 300))
    left = tmp_path / "left.mcap"
    left.write_bytes((tmp_path / "out.mcap.partial" / "out.mcap.partial.mcap").read_bytes())
    writer.close()
    seal(left)
    found = messages(left)
    assert 0 < len(found) < 22
    seal(left)
    assert [m.cdr for m in messages(left)] == [m.cdr for m in found]


def test_what_is_left_of_a_killed_recording_is_told_and_recovered(tmp_path: Path) -> None:
    out = tmp_path / "out.mcap"
    writer = BagWriter(out)
    writer.add_topic("/a", IMAGE)
    writer.write("/a", 1, encode_image(1, "camera", np.zeros((4, 4, 3), np.uint8)))
    with pytest.raises(FileExistsError, match=r"hand-recon recover .*out\.mcap\.partial"):
        BagWriter(out)
    writer.close()
    left = tmp_path / "other.mcap.partial"
    left.mkdir()
    (left / "other.mcap.partial.mcap").write_bytes(out.read_bytes())
    assert recover(left) == tmp_path / "other.mcap"
    with open_bag(tmp_path / "other.mcap") as bag:
        assert [message.stamp_ns for message in bag.messages()] == [1]
    assert not left.exists()


def test_only_what_is_left_of_a_recording_is_recovered_and_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(ValueError, match=r"night\.mcap\.partial"):
        recover(tmp_path / "folder")
    left = tmp_path / "out.mcap.partial"
    left.mkdir()
    (left / "out.mcap.partial.mcap").touch()
    (tmp_path / "out.mcap").touch()
    with pytest.raises(FileExistsError, match="exists already"):
        recover(left)
