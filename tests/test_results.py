"""Lines of results: what they say, how they are rounded, and that only whole lines stay."""

from __future__ import annotations

import errno
import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hand_recon_ros.results import ResultsWriter, frame_record, read_results


def test_a_record_describes_the_frame(two_hands):
    record = frame_record(two_hands, "a.jpg")
    assert (record["source"], record["stamp_ns"], record["frame_id"]) == ("a.jpg", 1_500_000_000, "camera")
    assert record["camera"]["fx"] == 300 and record["camera"]["width"] == 320
    assert record["timing_ms"] == {
        "decode": 0.5, "detect": 1.25, "reconstruct": 2.0, "postprocess": 0.25, "total": 4.0
    }  # fmt: skip
    right, left = record["hands"]
    assert (right["side"], right["track_id"], right["score"]) == ("right", 7, 0.9877)
    assert (left["side"], left["track_id"], left["scale_source"]) == ("left", 0, "metric")
    assert right["roi"]["x"] == two_hands.hands[0].roi.x
    assert np.shape(right["pose"]) == (16, 3) and np.shape(right["betas"]) == (10,)
    np.testing.assert_allclose(right["joints"], two_hands.hands[0].joints, atol=5.1e-6)
    np.testing.assert_allclose(right["joints_2d"], two_hands.hands[0].joints_2d, atol=5.1e-3)


def test_the_wrist_quaternion_turns_as_its_matrix(two_hands):
    angle = 0.3
    rotation = np.array([[math.cos(angle), -math.sin(angle), 0], [math.sin(angle), math.cos(angle), 0], [0, 0, 1]])
    hand = replace(two_hands.hands[0], wrist=two_hands.hands[0].wrist._replace(rotation=rotation.astype(np.float32)))
    (record,) = frame_record(replace(two_hands, hands=(hand,)), "")["hands"]
    expected = np.array([0, 0, math.sin(angle / 2), math.cos(angle / 2)])
    found = np.array(record["wrist"]["orientation"])
    np.testing.assert_allclose(found * np.sign(found[3]), expected, atol=1e-6)


def test_what_is_not_estimated_is_null(two_hands):
    joints_2d = two_hands.hands[0].joints_2d.copy()
    joints_2d[3] = np.nan, np.inf
    hand = replace(two_hands.hands[0], joints_2d=joints_2d, pose=None, betas=None)
    (record,) = frame_record(replace(two_hands, hands=(hand,)), "")["hands"]
    assert record["joints_2d"][3] == [None, None] and None not in record["joints_2d"][4]
    assert record["joint_scores"] == [None] * 21
    assert record["pose"] is None and record["betas"] is None


def test_records_come_back_as_written_while_the_file_is_still_open(two_hands, tmp_path):
    path = tmp_path / "results.jsonl"
    records = [frame_record(two_hands, "a.jpg"), frame_record(replace(two_hands, hands=()), "b.jpg")]
    with ResultsWriter(path) as writer:
        assert list(read_results(path)) == []
        for count, record in enumerate(records, 1):
            writer.write(record)
            assert list(read_results(path)) == records[:count]


def test_a_full_disk_leaves_only_whole_lines(two_hands, tmp_path):
    path = tmp_path / "results.jsonl"
    record = frame_record(two_hands, "a.jpg")
    with ResultsWriter(path) as writer:
        writer.write(record)
        real = writer._file

        class Full:
            """Takes ten bytes more, then none."""

            room = 10

            def __getattr__(self, name):
                return getattr(real, name)

            def write(self, data):
                if not self.room:
                    raise OSError(errno.ENOSPC, "No space left on device")
                taken, self.room = self.room, 0
                return real.write(data[:taken])

        writer._file = Full()
        with pytest.raises(OSError, match="No space left"):
            writer.write(record)
        assert path.read_bytes().count(b"\n") == 1 and path.read_bytes().endswith(b"\n")
        writer._file = real
        writer.write(record)
    assert list(read_results(path)) == [record, record]


def test_a_line_that_was_cut_off_is_left_out_and_garbage_is_an_error(tmp_path):
    path = tmp_path / "results.jsonl"
    path.write_text('{"source":"a"}\n{"source":"b","ha')
    assert list(read_results(path)) == [{"source": "a"}]
    for garbage in ("[1]\n", "{oops}\n", "\n"):
        path.write_text('{"source":"a"}\n' + garbage)
        with pytest.raises(ValueError, match="line 2"):
            list(read_results(path))


def test_every_field_is_documented(two_hands):
    text = (Path(__file__).parents[1] / "docs" / "results.md").read_text(encoding="utf-8")
    record = frame_record(two_hands, "a.jpg")
    for name in [*record, *record["camera"], *record["timing_ms"], *record["hands"][0], *record["hands"][0]["wrist"]]:
        assert f"`{name}`" in text, name
    assert json.loads(json.dumps(record)) == record
