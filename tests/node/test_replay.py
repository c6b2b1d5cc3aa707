"""Offline replay of recordings through the node."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
from stand_in import BAD, StandIn, picture

from hand_recon_ros.bus.bag_reader import open_bag
from hand_recon_ros.bus.frame_recorder import record_frames
from hand_recon_ros.bus.hand_codec import decode_hand_message
from hand_recon_ros.bus.image_codec import IMAGE, encode_image
from hand_recon_ros.bus.names import NodeName
from hand_recon_ros.bus.recorder import MAGIC, RECORD_HEADER, BagWriter
from hand_recon_ros.node.parameters import NodeParameters
from hand_recon_ros.node.replay import replay_bag
from hand_recon_ros.types import CameraModel, Frame

CAMERA = CameraModel(50, 50, 32, 24, 64, 48)
HANDS = (2, 0, 1, BAD, 1)
SIDE_TOPICS = ("joints", "wrist", "joint_states", "pinch")


def recording(path: Path, topic: str = "/image", compressed: bool = False, hands: tuple[int, ...] = HANDS) -> Path:
    frames = [Frame(picture(count), stamp + 1, "camera", CAMERA) for stamp, count in enumerate(hands)]
    record_frames(frames, path, topic, compressed)
    return path


def results(path: Path) -> list[tuple[int, int, int]]:
    """Stamp of the image, recording time and number of hands of each result."""
    with open_bag(path) as bag:
        found = [m for m in bag.messages() if m.topic.name == "/hand_recon/hands"]
    arrays = [decode_hand_message(m.cdr) for m in found]
    return [
        (array.header.stamp.nanosec, message.stamp_ns, len(array.hands))
        for array, message in zip(arrays, found, strict=True)
    ]


def test_every_image_is_reconstructed_and_results_lie_beside_the_inputs(tmp_path: Path) -> None:
    pipeline = StandIn()
    progress: list[tuple[int, int]] = []
    path = recording(tmp_path / "in.mcap")
    summary = replay_bag(
        path, tmp_path / "out.mcap", pipeline, on_progress=lambda done, total: progress.append((done, total))
    )
    assert (summary.processed, summary.failed, summary.image_topic) == (4, 1, "/image")
    assert results(tmp_path / "out.mcap") == [(1, 1, 2), (2, 2, 0), (3, 3, 1), (5, 5, 1)]
    assert [frame.camera for frame in pipeline.frames] == [CAMERA] * 5
    assert progress == [(done, 10) for done in range(1, 11)]
    with open_bag(tmp_path / "out.mcap") as bag:
        counts = {topic.name: topic.count for topic in bag.topics}
    sides = {f"/hand_recon/{side}/{kind}": 3 * (side == "right") for side in ("left", "right") for kind in SIDE_TOPICS}
    assert counts == {
        "/image": 5,
        "/camera_info": 5,
        "/hand_recon/hands": 4,
        "/hand_recon/markers": 4,
        "/hand_recon/mesh_topology": 1,
        **sides,
    }, "and no pictures, which can be drawn again"


def test_the_only_image_topic_is_found_whatever_its_name_and_kind(tmp_path: Path) -> None:
    path = recording(tmp_path / "in.mcap", "/cam/color/image_raw", hands=(1,))
    assert replay_bag(path, tmp_path / "a.mcap", StandIn()).image_topic == "/cam/color/image_raw"
    pipeline = StandIn()
    compressed = recording(tmp_path / "c.mcap", "/cam/color/image_raw", compressed=True, hands=(0, 0))
    summary = replay_bag(compressed, tmp_path / "b.mcap", pipeline)
    assert (summary.image_topic, summary.processed) == ("/cam/color/image_raw/compressed", 2)
    assert pipeline.frames[0].camera == CAMERA


def test_depth_beside_colour_is_used_and_not_taken_for_it(tmp_path: Path) -> None:
    with BagWriter(tmp_path / "in.mcap") as writer:
        for topic in ("/cam/depth/image_raw", "/cam/color/image_raw"):
            writer.add_topic(topic, IMAGE)
        depth = np.full((48, 64), 700, np.uint16)
        writer.write("/cam/depth/image_raw", 1, encode_image(1, "camera", depth, "16UC1"))
        writer.write("/cam/color/image_raw", 2, encode_image(2, "camera", picture(1)))
    pipeline = StandIn()
    node = NodeName("hand_recon", "/", (("depth", "/cam/depth/image_raw"),))
    replay_bag(tmp_path / "in.mcap", tmp_path / "out.mcap", pipeline, NodeParameters(use_depth=True), node)
    used = pipeline.frames[0].depth
    assert len(pipeline.frames) == 1
    assert used is not None
    np.testing.assert_allclose(used, 0.7)


def test_several_image_topics_need_a_choice(tmp_path: Path) -> None:
    with BagWriter(tmp_path / "in.mcap") as writer:
        for number, topic in enumerate(("/left", "/right")):
            writer.add_topic(topic, IMAGE)
            writer.write(topic, number, encode_image(number, "camera", picture(1)))
    path = tmp_path / "in.mcap"
    with pytest.raises(ValueError, match="/left, /right; name the one to use"):
        replay_bag(path, tmp_path / "out.mcap", StandIn())
    with pytest.raises(ValueError, match="expected images on /middle"):
        replay_bag(path, tmp_path / "out.mcap", StandIn(), image_topic="/middle")
    assert replay_bag(path, tmp_path / "a.mcap", StandIn(), image_topic="/right").processed == 1
    node = NodeName("hand_recon", "/", (("image", "/left"),))
    assert replay_bag(path, tmp_path / "b.mcap", StandIn(), node=node).image_topic == "/left"


def test_stopping_and_interrupting_keep_the_results_so_far(tmp_path: Path) -> None:
    path = recording(tmp_path / "in.mcap")
    stop = threading.Event()
    replay_bag(path, tmp_path / "a.mcap", StandIn(), stop=stop, on_progress=lambda done, total: stop.set())
    assert results(tmp_path / "a.mcap") == []

    def interrupt(done: int, total: int) -> None:
        if done == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        replay_bag(path, tmp_path / "b.mcap", StandIn(), on_progress=interrupt)
    assert [hands for *_, hands in results(tmp_path / "b.mcap")] == [2, 0]


def test_a_recording_that_already_has_results_is_replayed_without_the_old_ones(tmp_path: Path) -> None:
    replay_bag(recording(tmp_path / "in.mcap"), tmp_path / "a.mcap", StandIn())
    replay_bag(tmp_path / "a.mcap", tmp_path / "b.mcap", StandIn())
    assert results(tmp_path / "b.mcap") == results(tmp_path / "a.mcap")


def test_a_recording_without_colour_images_is_told(tmp_path: Path) -> None:
    with BagWriter(tmp_path / "in.mcap") as writer:
        writer.add_topic("/depth/image", IMAGE)
        writer.write("/depth/image", 1, encode_image(1, "camera", np.full((4, 4), 700, np.uint16), "16UC1"))
    with pytest.raises(ValueError, match="expected colour images in the recording, its image topics are: /depth/image"):
        replay_bag(tmp_path / "in.mcap", tmp_path / "out.mcap", StandIn())


def test_a_recording_damaged_in_the_middle_gives_what_comes_before(tmp_path: Path) -> None:
    frames = [Frame(picture(1, 480, 640), stamp, "camera") for stamp in range(1, 13)]  # two a chunk
    record_frames(frames, tmp_path / "in.mcap")
    data = bytearray((tmp_path / "in.mcap").read_bytes())
    later_chunk = record_starts(data, 0x06)[3]
    data[later_chunk + RECORD_HEADER.size + 40 + 6] = 5  # the length of its first message becomes five terabytes
    (tmp_path / "in.mcap").write_bytes(data)
    with pytest.raises(ValueError, match=r"in\.mcap is damaged"):
        replay_bag(tmp_path / "in.mcap", tmp_path / "out.mcap", StandIn())
    assert 1 < len(results(tmp_path / "out.mcap")) < 12


def record_starts(data: bytes, kind: int) -> list[int]:
    """Places of the records of a kind in an MCAP file."""
    starts, place = [], len(MAGIC)
    while place < len(data) - len(MAGIC):
        found, length = RECORD_HEADER.unpack_from(data, place)
        starts += [place] if found == kind else []
        place += RECORD_HEADER.size + length
    return starts


@pytest.mark.parametrize("share", [0, 0.01, 0.5, 0.99])
def test_a_recording_that_was_cut_short_is_told(tmp_path: Path, share: float) -> None:
    data = recording(tmp_path / "in.mcap").read_bytes()
    (tmp_path / "cut.mcap").write_bytes(data[: int(share * len(data))])
    with pytest.raises(ValueError, match=r"cut\.mcap cannot be read: .*`mcap recover`"):
        replay_bag(tmp_path / "cut.mcap", tmp_path / "out.mcap", StandIn())
    assert not (tmp_path / "out.mcap").exists()
