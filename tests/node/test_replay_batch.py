"""Many recordings: folders, resuming, failures, Ray."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from recordings import as_folder, recording, with_reference
from stand_in import StandIn

from hand_recon_ros.bus.bag_reader import open_bag
from hand_recon_ros.node.merged_report import write_merged_report
from hand_recon_ros.node.parameters import NodeParameters
from hand_recon_ros.node.ray_workers import run_on_ray
from hand_recon_ros.node.reference_topic import ReferenceTopic
from hand_recon_ros.node.replay_batch import Outcome, finished, job_key, plan, run_afresh
from hand_recon_ros.node.replay_job import ReplayJob, ReplaySettings

SETTINGS = ReplaySettings(NodeParameters())


def run(job: ReplayJob, pipeline: StandIn | None = None) -> Outcome:
    return run_afresh(job, threading.Event(), load=lambda parameters: pipeline or StandIn())


def one_job(tmp_path: Path, **settings) -> ReplayJob:
    bag = recording(tmp_path / "a.mcap")
    return plan([bag], tmp_path / "out", replace(SETTINGS, **settings))[0]


def test_recordings_of_the_same_name_get_folders_of_their_own_and_repeats_none(tmp_path: Path) -> None:
    for folder in ("x", "y"):
        (tmp_path / folder).mkdir()
    bags = [recording(tmp_path / folder / "a.mcap") for folder in ("x", "y")]
    jobs = plan([*bags, bags[0]], tmp_path / "out", SETTINGS)
    assert len({job.result.parent for job in jobs}) == len(jobs) == 2
    assert all(job.result.parent.name.startswith("a-") for job in jobs)
    assert plan(bags[1:], tmp_path / "out", SETTINGS) == jobs[1:]


def test_what_was_finished_is_known_until_something_changes(tmp_path: Path) -> None:
    job = one_job(tmp_path)
    assert finished(job) is None
    outcome = run(job)
    assert outcome.record is not None and finished(job) == outcome.record
    threads = replace(SETTINGS, parameters=NodeParameters(threads=3))
    assert finished(replace(job, settings=threads)) == outcome.record
    for other in (
        replace(SETTINGS, parameters=NodeParameters(max_hands=1)),
        replace(SETTINGS, reference=(ReferenceTopic("/truth"),)),
        replace(SETTINGS, tolerance_s=0.5),
        replace(SETTINGS, image_topic="/image"),
    ):
        assert finished(replace(job, settings=other)) is None
    os.utime(job.bag, ns=(1, 1))
    assert finished(job) is None


@pytest.mark.parametrize("lost", ["report.json", "result.mcap"])
def test_a_job_without_its_report_or_result_is_not_finished(tmp_path: Path, lost: str) -> None:
    job = one_job(tmp_path)
    run(job)
    (job.result.parent / lost).unlink()
    assert finished(job) is None
    assert run(job).record == finished(job) is not None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"job": 3}', "\0"])
def test_a_damaged_report_is_not_finished(tmp_path: Path, text: str) -> None:
    job = one_job(tmp_path)
    run(job)
    (job.result.parent / "report.json").write_text(text)
    assert finished(job) is None


def test_the_key_of_a_folder_follows_its_files(tmp_path: Path) -> None:
    folder = as_folder(recording(tmp_path / "a.mcap"), tmp_path / "bag", "sqlite3")
    (job,) = plan([folder], tmp_path / "out", SETTINGS)
    before = job_key(job)
    assert before == job_key(job)
    (folder / "metadata.yaml").write_text((folder / "metadata.yaml").read_text() + "\n")
    assert job_key(job) != before


def test_a_killed_run_goes_on_where_it_was(tmp_path: Path) -> None:
    bags = [recording(tmp_path / "a.mcap", (1, 2)), recording(tmp_path / "b.mcap", (1, 9))]
    script = Path(__file__).with_name("replay_batch_process.py")
    command = [sys.executable, str(script), str(tmp_path / "out"), *map(str, bags)]
    builders = os.pathsep.join(str(Path(__file__).parents[1] / folder) for folder in ("node", "bus"))
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": builders}
    ) as process:
        assert process.stdout is not None
        assert [process.stdout.readline().strip() for _ in range(2)] == ["a.mcap done", "hangs"]
        process.kill()
    one, two = plan(bags, tmp_path / "out", SETTINGS)
    assert finished(one) is not None and finished(two) is None
    assert (two.result.parent / "result.mcap.partial").exists()
    assert run(two).record is not None
    with open_bag(two.result) as bag:
        assert {topic.name: topic.count for topic in bag.topics}["/hand_recon/hands"] == 2


def test_a_recording_that_fails_is_an_outcome_with_a_sentence(tmp_path: Path) -> None:
    whole = recording(tmp_path / "a.mcap")
    whole.write_bytes(whole.read_bytes()[:-50])
    (job,) = plan([whole], tmp_path / "out", SETTINGS)
    assert "cannot be read" in run(job).error

    def gone(parameters: NodeParameters) -> StandIn:
        raise ZeroDivisionError("surprise")

    (job,) = plan([recording(tmp_path / "b.mcap")], tmp_path / "out", SETTINGS)
    assert run_afresh(job, threading.Event(), load=gone).error == "unexpected ZeroDivisionError: surprise"
    job.bag.unlink()
    assert "No such file" in run(job).error


def test_a_full_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*arguments):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("hand_recon_ros.node.recording_report._write", full)
    job = one_job(tmp_path)
    assert "No space left on device" in run(job).error
    assert finished(job) is None


def test_an_interruption_is_no_failure(tmp_path: Path) -> None:
    class Interrupted(StandIn):
        def hands_of(self, frame):
            raise KeyboardInterrupt

    job, stop = one_job(tmp_path), threading.Event()
    outcome = run(job, Interrupted())
    assert outcome.interrupted and outcome.record is None
    stop.set()
    assert run_afresh(job, stop, load=lambda parameters: StandIn()).interrupted
    assert finished(job) is None


def test_the_report_of_all_adds_up(tmp_path: Path) -> None:
    topics = (ReferenceTopic("/truth/hands"),)
    bags = [with_reference(tmp_path / "a.mcap", (1, 1), 0.01), with_reference(tmp_path / "b&.mcap", (1, 0, 1, 1), 0.02)]
    broken = tmp_path / "<c>.mcap"
    broken.write_bytes(b"nothing")
    jobs = plan([*bags, broken], tmp_path / "out", replace(SETTINGS, reference=topics))
    write_merged_report([run(job) for job in jobs], tmp_path / "out")
    merged = json.loads((tmp_path / "out" / "report.json").read_text())
    assert [bool(row["error"]) for row in merged["recordings"]] == [False, False, True]
    total = merged["totals"]
    assert (total["images"], total["sides"]["right"]["detection_share"]) == (6, pytest.approx(5 / 6, abs=1e-5))
    overall = total["reference"]["all"]
    assert (overall["reference_hands"], overall["matched"]) == (6, 5)
    assert overall["camera"]["mpjpe_mm"] == pytest.approx((2 * 10 + 3 * 20) / 5, abs=1e-2)
    assert overall["camera"]["per_joint_mm"]["wrist"] == pytest.approx(16, abs=1e-2)
    assert total["sides"]["right"]["longest_gap_s"] == pytest.approx(0.2)
    page = (tmp_path / "out" / "report.html").read_text()
    assert f'href="{jobs[1].result.parent.name.replace("&", "%26")}/report.html">b&amp;.mcap</a>' in page
    assert "&lt;c&gt;.mcap: expected a rosbag2 folder" in page


@pytest.mark.slow
def test_ray_replays_recordings_side_by_side(tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="needs Ray: pip install 'hand_recon_ros[ray]'")
    bags = [recording(tmp_path / name, (0, 0)) for name in ("a.mcap", "b.mcap")]
    broken = tmp_path / "c.mcap"
    broken.write_bytes(b"nothing")
    jobs = plan([*bags, broken], tmp_path / "out", replace(SETTINGS, parameters=NodeParameters(device="cpu")))
    outcomes = {outcome.job: outcome for outcome in run_on_ray(jobs, threading.Event())}
    assert set(outcomes) == set(jobs)
    assert [outcomes[job].record == finished(job) is not None for job in jobs] == [True, True, False]
    assert "cannot be read" in outcomes[jobs[2]].error


def test_a_missing_ray_is_said_in_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ImportError, match=r"pip install 'hand_recon_ros\[ray\]'"):
        next(run_on_ray([one_job(tmp_path)], threading.Event()))
