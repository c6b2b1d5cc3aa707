"""`hand-recon replay` as its user meets it, with a stand-in for the networks."""

from __future__ import annotations

import json
import signal
from dataclasses import replace

import numpy as np
import pytest

from hand_recon_ros.bus.bag_reader import open_bag
from hand_recon_ros.bus.frame_recorder import record_frames
from hand_recon_ros.bus.hand_codec import HAND_ARRAY, Delivery, encode_hand_array
from hand_recon_ros.bus.image_codec import IMAGE, encode_image
from hand_recon_ros.bus.recorder import BagWriter
from hand_recon_ros.pipeline import HandRig
from hand_recon_ros.types import Frame

GREY, STEP_NS = np.full((240, 320, 3), 128, np.uint8), 100_000_000


@pytest.fixture(autouse=True)
def rig(monkeypatch, two_hands):
    """Finds the same two hands in every picture, and does `at[count]()` before the picture of that number."""

    class Rig:
        at: dict = {}  # noqa: RUF012
        count = 0
        description: dict = {}  # noqa: RUF012

        def __call__(self, frames):
            Rig.count += 1
            self.at.get(Rig.count, lambda: None)()
            return {name: replace(two_hands, stamp_ns=f.stamp_ns, frame_id=f.frame_id) for name, f in frames.items()}

        def reset(self, camera):
            """Nothing to forget."""

    monkeypatch.setattr(HandRig, "create", lambda **options: Rig())
    return Rig


@pytest.fixture
def bag(tmp_path):
    """A function that makes a recording of five pictures."""

    def make(name="a.mcap", topic="/image"):
        frames = [Frame(GREY, (k + 1) * STEP_NS, "camera") for k in range(5)]
        record_frames(frames, tmp_path / name, topic)
        return tmp_path / name

    return make


@pytest.fixture
def compared(tmp_path, two_hands):
    """A recording with the hands themselves, 10 mm aside, on /truth."""
    path = tmp_path / "compared.mcap"
    moved = tuple(replace(hand, joints=hand.joints + np.float32([0.01, 0, 0])) for hand in two_hands.hands)
    with BagWriter(path) as writer:
        writer.add_topic("/image", IMAGE)
        writer.add_topic("/truth", HAND_ARRAY)
        for stamp in (STEP_NS, 2 * STEP_NS):
            writer.write("/image", stamp, encode_image(stamp, "camera", GREY))
            truth = replace(two_hands, hands=moved, stamp_ns=stamp)
            writer.write("/truth", stamp, encode_hand_array(truth, Delivery()))
    return path


def files(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_one_recording_into_a_file_as_ever(hand_recon, bag, tmp_path):
    out = tmp_path / "result.mcap"
    done = hand_recon("replay", bag(), "--out", out)
    assert (done.code, done.out) == (0, f"5 images of /image reconstructed, 0 skipped; see {out}\n")
    assert files(tmp_path) == ["a.mcap", "result.mcap"]


def test_the_report_lies_beside_the_result(hand_recon, bag, tmp_path):
    path, out = bag(), tmp_path / "out"
    done = hand_recon("replay", path, "--out", out, "--report", "--vertices")
    assert done.code == 0 and f"report: {out / 'report.html'}" in done.out
    assert files(out) == ["report.html", "report.json", "result.mcap"]
    done = hand_recon("replay", path, "--out", out / "night.mcap", "--report")
    assert done.code == 0 and f"report: {out / 'night.report.html'}" in done.out
    assert set(files(out)) > {"night.mcap", "night.report.html", "night.report.json"}
    done = hand_recon("replay", path, "--out", out)
    assert done.code == 1 and "exists already" in done.err


def test_a_reference_gives_errors_and_a_report(hand_recon, compared, tmp_path):
    done = hand_recon("replay", compared, "--out", tmp_path / "out", "--reference", "truth")
    assert done.code == 0
    reference = json.loads((tmp_path / "out" / "report.json").read_text())["reference"]
    assert reference["all"]["camera"]["mpjpe_mm"] == pytest.approx(10, abs=0.01)
    assert {reference[side]["recall"] for side in ("left", "right")} == {1}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--reference", "/elsewhere"), "expected reference joints on /elsewhere"),
        (("--reference", "/truth:up"), "expected a reference topic as /topic"),
        (("--image-topic", "/elsewhere"), "expected images on /elsewhere"),
        (("--out", "hands.txt"), "expected the name of an .mcap file"),
    ],
)
def test_what_cannot_be_is_said_before_any_work(hand_recon, rig, compared, tmp_path, monkeypatch, arguments, sentence):
    monkeypatch.chdir(tmp_path)
    done = hand_recon("replay", compared, "--out", "x.mcap", *arguments)
    assert done.code == 1 and sentence in " ".join(done.err.split())
    assert rig.count == 0 and not (tmp_path / "x.mcap").exists()


def test_a_reference_that_matches_nothing_fails_with_results(hand_recon, compared, tmp_path, rig):
    path = tmp_path / "other.mcap"
    with open_bag(compared) as bag, BagWriter(path) as writer:
        for topic in bag.topics:
            writer.add_topic(topic.name, topic.ros_type)
        for message in bag.messages():
            cdr = bytearray(message.cdr)
            if message.topic.ros_type == HAND_ARRAY:
                cdr[4] += 50  # seconds of the stamp
            writer.write(message.topic.name, message.stamp_ns, cdr)
    done = hand_recon("replay", path, "--out", tmp_path / "out", "--reference", "/truth")
    assert done.code == 1 and "expected stamps within 10 ms of those of the pictures" in " ".join(done.err.split())
    assert files(tmp_path / "out") == ["report.html", "report.json", "result.mcap"]


def test_many_recordings_resume_and_name_what_fails(hand_recon, bag, tmp_path, rig):
    one, two, broken = bag("a.mcap"), bag("b.mcap"), tmp_path / "c.mcap"
    broken.write_bytes(one.read_bytes()[:3000])
    done = hand_recon("replay", broken, one, two, "--out", tmp_path / "out")
    assert (done.code, rig.count) == (1, 10)
    assert "2 of 3 recordings done, 0 of them before; 1 failed" in done.out
    assert f"{broken}: expected a rosbag2 folder" in " ".join(done.err.split()).replace("hand-recon: ", "")
    broken.write_bytes(one.read_bytes())
    done = hand_recon("replay", broken, one, two, "--out", tmp_path / "out")
    assert (done.code, rig.count) == (0, 15)
    assert "3 of 3 recordings done, 2 of them before; 0 failed" in done.out
    merged = json.loads((tmp_path / "out" / "report.json").read_text())
    assert [row["recording"] for row in merged["recordings"]] == ["c.mcap", "a.mcap", "b.mcap"]
    assert merged["totals"]["images"] == 15


def test_many_recordings_want_a_folder(hand_recon, bag, tmp_path):
    done = hand_recon("replay", bag("a.mcap"), bag("b.mcap"), "--out", tmp_path / "x.mcap")
    assert done.code == 1 and "expected a folder" in done.err
    assert hand_recon("replay", bag("c.mcap"), "--out", tmp_path / "o", "--address", "auto").code == 2
    assert hand_recon("replay", tmp_path / "c.mcap", "--out", tmp_path / "o", "--workers", "magic").code == 2


@pytest.mark.parametrize("many", [False, True])
def test_ctrl_c_leaves_what_was_done_readable(hand_recon, bag, tmp_path, rig, many):
    rig.at = {8 if many else 3: lambda: signal.raise_signal(signal.SIGINT)}
    bags = [bag("a.mcap"), bag("b.mcap")] if many else [bag()]
    done = hand_recon("replay", *bags, "--out", tmp_path / "out", "--report")
    assert done.code == 130 and "interrupted" in done.err
    (cut,) = [path for path in (tmp_path / "out").rglob("result.mcap") if not (path.parent / "report.json").exists()]
    with open_bag(cut) as results:
        assert {topic.name: topic.count for topic in results.topics}["/hand_recon/hands"] == 3
    rig.at = {}
    if many:
        done = hand_recon("replay", *bags, "--out", tmp_path / "out")
        assert done.code == 0 and "2 of 2 recordings done, 1 of them before" in done.out


def test_a_report_on_results_that_are_there_already(hand_recon, compared, tmp_path, rig):
    result = tmp_path / "live.mcap"
    hand_recon("replay", compared, "--out", result)
    rig.count = 0
    done = hand_recon("report", result, "--reference", "/truth")
    assert done.code == 0 and f"2 results for 2 images; see {tmp_path / 'live.report.html'}" in done.out
    record = json.loads((tmp_path / "live.report.json").read_text())
    assert record["reference"]["all"]["camera"]["mpjpe_mm"] == pytest.approx(10, abs=0.01)
    assert hand_recon("report", result, "--hands-topic", "/hand_recon/hands", "--out", tmp_path / "out").code == 0
    assert files(tmp_path / "out") == ["report.html", "report.json"] and rig.count == 0
    done = hand_recon("report", result)
    assert done.code == 1 and "HandArray topics: /hand_recon/hands, /truth" in " ".join(done.err.split())
