"""Many recordings: each in a folder of its own, finished ones are not done again, and one report of all."""

from __future__ import annotations

import hashlib
import json
import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import hand_recon_ros
from hand_recon_ros.node.hand_node import Pipeline
from hand_recon_ros.node.load import load_pipeline
from hand_recon_ros.node.parameters import NodeParameters
from hand_recon_ros.node.recording_report import Record
from hand_recon_ros.node.replay_job import ReplayJob, ReplaySettings, run_job

RESULT, REPORT = "result.mcap", "report.json"


@dataclass(frozen=True)
class Outcome:
    """What became of a recording: the record of its report, or the sentence that says why there is none."""

    job: ReplayJob
    record: Record | None = None
    error: str = ""
    interrupted: bool = False


def plan(bags: Sequence[Path], out: Path, settings: ReplaySettings) -> list[ReplayJob]:
    """A job for each recording, with a folder named after its name and path, so that recordings never share one."""
    jobs = {}
    for bag in bags:
        place = bag.resolve()
        folder = f"{bag.stem}-{hashlib.sha256(str(place).encode()).hexdigest()[:8]}"
        jobs[folder] = ReplayJob(place, out.resolve() / folder / RESULT, settings, "")
    return list(jobs.values())


def job_key(job: ReplayJob) -> str:
    """Changes when the recording, the parameters or the program do; the number of threads does not matter.

    A recording is told by its path, size and time of change.
    """
    files = sorted(job.bag.rglob("*")) if job.bag.is_dir() else [job.bag]
    states = [(path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in files]
    settings = asdict(job.settings)
    settings["parameters"].pop("threads", None)
    what = [hand_recon_ros.__version__, str(job.bag), states, settings]
    return hashlib.sha256(json.dumps(what, sort_keys=True, default=str).encode()).hexdigest()


def finished(job: ReplayJob) -> Record | None:
    """The record of a job that was done before, whole and in the same way."""
    with suppress(OSError, ValueError):
        record = json.loads((job.result.parent / REPORT).read_text(encoding="utf-8"))
        if job.result.is_file() and isinstance(record, dict) and record.get("job") == job_key(job):
            return record
    return None


def run_afresh(
    job: ReplayJob,
    stop: threading.Event,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
    load: Callable[[NodeParameters], Pipeline] = load_pipeline,
) -> Outcome:
    """Do a job from the start, in place of what an earlier attempt left; failures are told in the outcome."""
    try:
        key = job_key(job)  # of the recording as it is now, not as it may become meanwhile
        _clear(job)
        _, record = run_job(job, stop, on_progress, {"job": key}, load)
    except (ValueError, OSError, RuntimeError, ImportError) as error:
        return Outcome(job, error=" ".join(str(error).split()) or type(error).__name__)
    except KeyboardInterrupt:
        return Outcome(job, error="interrupted", interrupted=True)
    except Exception as error:  # the others go on whatever one recording does
        return Outcome(job, error=f"unexpected {type(error).__name__}: {error}")
    return Outcome(job, record) if record else Outcome(job, error="interrupted", interrupted=True)


def run_in_turn(
    jobs: Sequence[ReplayJob], stop: threading.Event, on_progress: Callable[[ReplayJob, int, int], None]
) -> Iterator[Outcome]:
    """Outcomes of jobs done one after the other in this process, until stop is set."""
    for job in jobs:
        if stop.is_set():
            return
        yield run_afresh(job, stop, lambda done, total, job=job: on_progress(job, done, total))  # type: ignore[misc]


def _clear(job: ReplayJob) -> None:
    """Remove what an earlier attempt at this job wrote, the report first: it says that the job is finished."""
    folder = job.result.parent
    folder.mkdir(parents=True, exist_ok=True)
    for name in (REPORT, "report.html", RESULT):
        (folder / name).unlink(missing_ok=True)
    shutil.rmtree(folder / f"{RESULT}.partial", ignore_errors=True)
