"""A replay with its report, in every storage and with and without a reference."""

from __future__ import annotations

import json
import re
import threading
from dataclasses import replace
from html.parser import HTMLParser
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from messages import STORE
from recordings import CAMERA, STEP_NS, as_folder, recording, with_reference
from stand_in import BAD, StandIn

from hand_recon_ros.bus.bag_reader import open_bag
from hand_recon_ros.bus.hand_codec import HAND_ARRAY
from hand_recon_ros.bus.recorder import BagWriter
from hand_recon_ros.node.load import load_pipeline
from hand_recon_ros.node.parameters import NodeParameters
from hand_recon_ros.node.reference_topic import ReferenceTopic
from hand_recon_ros.node.replay import replay_bag
from hand_recon_ros.node.replay_job import ReplayJob, ReplaySettings, run_job
from hand_recon_ros.paths import shared_file

SETTINGS = ReplaySettings(NodeParameters())


def replayed(bag: Path, out: Path, *reference: str, **settings):
    """Summary and record of a replay with the stand-in, into out/result.mcap."""
    out.mkdir()
    topics = tuple(ReferenceTopic.parse(topic) for topic in reference)
    job = ReplayJob(bag, out / "result.mcap", ReplaySettings(NodeParameters(), None, topics, **settings), "")
    return run_job(job, threading.Event(), load=lambda parameters: StandIn())


class Page(HTMLParser):
    """Tags and texts of a page, and every address it mentions."""

    def __init__(self, path: Path):
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.text = ""
        self.feed(path.read_text())

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.links += [value for name, value in attributes if name in ("src", "href")]

    def handle_data(self, data):
        self.text += data


@pytest.mark.parametrize("camera", [CAMERA, None], ids=["camera_info", "no camera_info"])
@pytest.mark.parametrize("compressed", [False, True], ids=["raw", "compressed"])
@pytest.mark.parametrize("storage", ["file", "mcap", "sqlite3"])
def test_every_kind_of_recording_is_replayed_and_reported(tmp_path, storage, compressed, camera):
    # JPEG changes the pixel that tells the number of hands, but not black pictures.
    bag = recording(tmp_path / "a.mcap", (0, 0, 0) if compressed else (2, 0, 1), "/cam/image", compressed, camera)
    bag = bag if storage == "file" else as_folder(bag, tmp_path / "bag", storage)
    done, record = replayed(bag, tmp_path / "out")
    assert (done.processed, done.failed) == (3, 0)
    assert record is not None
    assert (record["images"], record["results"], record["image_rate_hz"]) == (3, 3, 10)
    assert record["sides"]["right"]["pictures"] == (0 if compressed else 2)
    assert record == json.loads((tmp_path / "out" / "report.json").read_text())
    with open_bag(tmp_path / "out" / "result.mcap") as results:
        names = {topic.name for topic in results.topics}
    assert {"/cam/image/compressed" if compressed else "/cam/image", "/hand_recon/hands"} <= names
    assert ("/cam/camera_info" in names) == (camera is not None)


def test_the_page_shows_plots_and_pictures_and_fetches_nothing(tmp_path: Path) -> None:
    replayed(with_reference(tmp_path / "a.mcap"), tmp_path / "out", "/truth/right")
    page = Page(tmp_path / "out" / "report.html")
    assert all(link.startswith("data:image/") for link in page.links)
    assert sum(link.startswith("data:image/svg+xml") for link in page.links) == 6
    assert sum(link.startswith("data:image/jpeg") for link in page.links) >= 3
    assert "script" not in page.tags
    assert "10.0 mm" in page.text and "of the reference hands were found" in page.text


def test_errors_and_recall_against_the_reference(tmp_path: Path) -> None:
    _, record = replayed(with_reference(tmp_path / "a.mcap"), tmp_path / "out", "/truth/hands", "/truth/right:left")
    reference = record["reference"]
    assert (reference["right"]["reference_hands"], reference["right"]["matched"]) == (4, 3)
    assert reference["left"]["recall"] == 0
    assert reference["all"]["recall"] == 3 / 8
    assert reference["right"]["camera"]["mpjpe_mm"] == pytest.approx(10, abs=1e-3)
    assert reference["right"]["root"]["mpjpe_mm"] == pytest.approx(0, abs=1e-3)
    assert reference["right"]["camera"]["per_joint_mm"]["pinky_tip"] == pytest.approx(10, abs=1e-3)


def test_a_reference_of_another_time_is_a_sentence_in_the_report(tmp_path: Path) -> None:
    bag = with_reference(tmp_path / "a.mcap", delay_ns=STEP_NS * 3 // 10)
    _, record = replayed(bag, tmp_path / "out", "/truth/hands")
    (note,) = record["notes"]
    assert "within 10 ms" in note and "0.130 to 0.430 s" in note and "0.100 to 0.400 s" in note
    assert note in Page(tmp_path / "out" / "report.html").text
    _, record = replayed(bag, tmp_path / "wide", "/truth/hands", tolerance_s=0.04)
    assert record["notes"] == [] and record["reference"]["all"]["matched"] == 3


def test_a_wrong_reference_is_told_before_the_work(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    settings = ReplaySettings(NodeParameters(), reference=(ReferenceTopic("/nowhere"),))
    job = ReplayJob(recording(tmp_path / "a.mcap"), tmp_path / "out" / "result.mcap", settings, "")
    with pytest.raises(ValueError, match="/nowhere"):
        run_job(job, threading.Event(), load=lambda parameters: pytest.fail("loaded a pipeline"))
    assert list((tmp_path / "out").iterdir()) == []


def test_pictures_that_fail_count_as_not_found(tmp_path: Path) -> None:
    done, record = replayed(with_reference(tmp_path / "a.mcap", (1, BAD, 1)), tmp_path / "out", "/truth/hands")
    assert (done.processed, done.failed) == (2, 1)
    assert (record["images"], record["results"], record["skipped"]) == (3, 2, 1)
    assert record["reference"]["all"]["recall"] == pytest.approx(2 / 3, abs=1e-5)
    assert (record["sides"]["right"]["drop_outs"], record["sides"]["right"]["longest_gap_s"]) == (1, 0.2)


def test_hands_that_are_no_numbers_count_as_not_found(tmp_path: Path) -> None:
    class Lost(StandIn):
        def hands_of(self, frame):
            found = super().hands_of(frame)
            lost = tuple(replace(hand, joints=hand.joints * np.float32(np.nan)) for hand in found.hands[1:])
            return replace(found, hands=found.hands[:1] + lost)

    bag = recording(tmp_path / "a.mcap", (2, 1, 2))
    job = ReplayJob(bag, tmp_path / "result.mcap", SETTINGS, "")
    _, record = run_job(job, threading.Event(), load=lambda parameters: Lost())
    assert record is not None
    assert record["sides"]["right"]["hands"] == 3
    assert record["sides"]["right"]["bone_length_spread"]["index_tip"] == 0


def test_text_of_a_recording_stays_text(tmp_path: Path) -> None:
    bag = recording(tmp_path / '<img src=x onerror="alert(1)">&.mcap')
    replayed(bag, tmp_path / "out")
    page = Page(tmp_path / "out" / "report.html")
    assert '<img src=x onerror="alert(1)">&.mcap' in page.text
    assert "x" not in page.links
    assert re.search(r"default-src 'none'", (tmp_path / "out" / "report.html").read_text().replace("&#x27;", "'"))


def test_a_stopped_replay_has_results_and_no_report(tmp_path: Path) -> None:
    stop = threading.Event()
    stop.set()
    job = ReplayJob(recording(tmp_path / "a.mcap"), tmp_path / "result.mcap", SETTINGS, "")
    _, record = run_job(job, stop, load=lambda parameters: StandIn())
    assert record is None and not (tmp_path / "report.json").exists()
    with open_bag(tmp_path / "result.mcap") as bag:
        assert bag.message_count == 0


def test_a_recording_without_hands_or_with_one_picture_has_a_report(tmp_path: Path) -> None:
    _, record = replayed(recording(tmp_path / "a.mcap", (0,)), tmp_path / "a")
    assert record["image_rate_hz"] is None and record["sides"]["left"]["detection_share"] == 0
    _, record = replayed(recording(tmp_path / "b.mcap", (BAD,)), tmp_path / "b")
    assert record["results"] == 0 and record["latency_ms"]["total"]["p50"] is None


# --- determinism ------------------------------------------------------------------------------------------------------


def messages_without_timing(path: Path) -> list[tuple[str, int, bytes]]:
    """Topic, recording time and bytes of every message; the latencies of results, which are wall time, as zeros."""
    found = []
    with open_bag(path) as bag:
        for message in bag.messages():
            cdr = bytes(message.cdr)
            if message.topic.ros_type == HAND_ARRAY:
                hands = STORE.deserialize_cdr(cdr, HAND_ARRAY)
                assert hands.latency_ms[4] > 0
                cdr = bytes(STORE.serialize_cdr(replace(hands, latency_ms=np.zeros(5, np.float32)), HAND_ARRAY))
            found.append((message.topic.name, message.stamp_ns, cdr))
    return found


@pytest.mark.slow
def test_two_replays_give_the_same_bytes_except_latencies(tmp_path: Path) -> None:
    clip = tmp_path / "clip.mcap"
    with open_bag(shared_file("examples", "two_hands.mcap")) as bag, BagWriter(clip) as writer:
        for topic in bag.topics:
            writer.add_topic(topic.name, topic.ros_type, topic.qos, topic.definition)
        for message in islice(bag.messages(), 50):
            writer.write(message.topic.name, message.stamp_ns, message.cdr)
    parameters = NodeParameters(device="cpu", threads=1, publish_vertices=True, smoothing=True, publish_tf=True)
    runs = []
    for name in ("a.mcap", "b.mcap"):
        replay_bag(clip, tmp_path / name, load_pipeline(parameters), parameters)
        runs.append(messages_without_timing(tmp_path / name))
    assert {"/hand_recon/hands", "/hand_recon/markers", "/tf"} <= {topic for topic, _, _ in runs[0]}
    assert runs[0] == runs[1]
