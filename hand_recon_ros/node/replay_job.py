"""One recording to replay and report on, as a value that can travel to another process."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hand_recon_ros.bus.names import NodeName
from hand_recon_ros.evaluation.evaluate import TOLERANCE_S
from hand_recon_ros.evaluation.hand_samples import HandSamples
from hand_recon_ros.node.hand_node import Pipeline
from hand_recon_ros.node.load import load_pipeline
from hand_recon_ros.node.parameters import NodeParameters
from hand_recon_ros.node.recording_report import Record, Recorded, write_report
from hand_recon_ros.node.reference_topic import ReferenceTopic, read_reference
from hand_recon_ros.node.replay import ReplaySummary, replay_bag

NODE = NodeName("hand_recon")


@dataclass(frozen=True)
class ReplaySettings:
    """How recordings are replayed, and what they are compared with.

    Attributes:
        reference: topics with reference joints; none for no comparison.
        tolerance_s: largest difference between the stamps of a picture and its reference.
    """

    parameters: NodeParameters
    image_topic: str | None = None
    reference: tuple[ReferenceTopic, ...] = ()
    tolerance_s: float = TOLERANCE_S


@dataclass(frozen=True)
class ReplayJob:
    """One recording, and where the results go.

    Attributes:
        result: .mcap file to write.
        report: start of the names of the report's files, beside the result; None for no report.
    """

    bag: Path
    result: Path
    settings: ReplaySettings
    report: str | None = None


def run_job(
    job: ReplayJob,
    stop: threading.Event,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
    facts: Record | None = None,
    load: Callable[[NodeParameters], Pipeline] = load_pipeline,
) -> tuple[ReplaySummary, Record | None]:
    """Replay a recording and write its report; what is wrong with a reference is said before the work begins.

    Args:
        job: what to do.
        stop: ends the replay early; there is no report then.
        on_progress: called with messages done and their total.
        facts: more fields for the report's record.
        load: makes the pipeline.

    Raises:
        ValueError, FileExistsError, OSError: as in `replay_bag`, `read_reference` and `write_report`.
    """
    settings = job.settings
    reference = _reference(job)
    pipeline = load(settings.parameters)
    done = replay_bag(job.bag, job.result, pipeline, settings.parameters, NODE, settings.image_topic, stop, on_progress)
    if job.report is None or stop.is_set():
        return done, None
    recorded = Recorded(job.result, done.image_topic, NODE.expand("~/hands"), {**_facts(job, done), **(facts or {})})
    return done, write_report(recorded, job.result.parent, job.report, reference, settings.tolerance_s)


def _reference(job: ReplayJob) -> HandSamples | None:
    settings = job.settings
    return read_reference(job.bag, settings.reference, settings.image_topic) if settings.reference else None


def _facts(job: ReplayJob, done: ReplaySummary) -> Record:
    return {
        "recording": job.bag.name,
        "result": job.result.name,
        "image_topic": done.image_topic,
        "model": job.settings.parameters.model,
        "skipped": done.failed,
        "reference_topics": [topic.name for topic in job.settings.reference],
        "tolerance_s": job.settings.tolerance_s,
    }
