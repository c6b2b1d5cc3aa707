"""`hand-recon replay`: recordings through the pipeline, offline, with a report on what was found."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hand_recon_ros.cli.answers import FAILED, complain
from hand_recon_ros.cli.options import Device, Mano, MaxHands, Model

if TYPE_CHECKING:
    from rich.progress import Progress

    from hand_recon_ros.node.replay_batch import Outcome
    from hand_recon_ros.node.replay_job import ReplayJob, ReplaySettings

Reference = Annotated[
    list[str] | None,
    typer.Option(
        metavar="TOPIC[:SIDE]",
        help="Topic of the recording with reference joints: HandArray, or PoseArray of 21 poses whose side (left, "
        "right) its name or SIDE says. May be given several times; implies a report.",
    ),
]
Tolerance = Annotated[
    float, typer.Option(min=0, max=10, help="Largest difference of stamps of picture and reference, seconds.")
]


class Workers(str, Enum):
    """What spreads many recordings over processors or machines."""

    RAY = "ray"


def replay(
    bags: Annotated[
        list[Path], typer.Argument(metavar="BAG...", exists=True, help="Recordings: .mcap, .db3 or rosbag2 folders.")
    ],
    out: Annotated[
        Path, typer.Option("--out", "-o", help="Recording (.mcap) to write, or a folder; a folder for many recordings.")
    ],
    image_topic: Annotated[str | None, typer.Option(help="Needed when the recording has several cameras.")] = None,
    model: Model = "default",
    mano: Mano = None,
    device: Device = "auto",
    max_hands: MaxHands = 4,
    vertices: Annotated[bool, typer.Option("--vertices", help="Write mesh vertices into the hands.")] = False,
    report: Annotated[bool, typer.Option("--report", help="Write report.html and report.json too.")] = False,
    reference: Reference = None,
    tolerance: Tolerance = 0.01,
    workers: Annotated[
        Workers | None, typer.Option(help="Replay many recordings side by side, on a Ray cluster.")
    ] = None,
    address: Annotated[
        str | None, typer.Option(help="Address of a Ray cluster; one is started here if not given.")
    ] = None,
) -> None:
    """Reconstruct every image of recordings, as fast as it goes, and write the hands beside the input topics.

    Many recordings get a folder each below --out and a report on all; those finished before are not done again. A
    recording that fails is named and the others go on; the exit code is then 1.
    """
    from hand_recon_ros.node.parameters import NodeParameters
    from hand_recon_ros.node.reference_topic import ReferenceTopic
    from hand_recon_ros.node.replay_job import ReplaySettings

    if address and not workers:
        raise typer.BadParameter("--address is that of a Ray cluster: add --workers ray")
    parameters = NodeParameters(
        model=model,
        mano=str(mano.resolve()) if mano else "",
        device=device,
        max_hands=max_hands,
        publish_vertices=vertices,
    )
    topics = tuple(ReferenceTopic.parse(text) for text in reference or ())
    settings = ReplaySettings(parameters, image_topic, topics, tolerance)
    if len(bags) == 1 and not workers:
        _replay_one(bags[0], out, settings, report or bool(topics))
    else:
        _replay_many(bags, out, settings, workers, address)


def _replay_one(bag: Path, out: Path, settings: ReplaySettings, report: bool) -> None:
    from hand_recon_ros.cli.progress import frame_progress
    from hand_recon_ros.node.replay_job import run_job
    from hand_recon_ros.stopping import stop_on_signals

    job = _job(bag, out, settings, report)
    with stop_on_signals() as stop, frame_progress("Messages") as progress:
        task = progress.add_task("", total=None)
        done, record = run_job(job, stop, lambda n, total: progress.update(task, completed=n, total=total))
    typer.echo(f"{done.processed} images of {done.image_topic} reconstructed, {done.failed} skipped; see {job.result}")
    if stop.is_set():
        raise KeyboardInterrupt
    for sentence in record["notes"] if record else ():
        complain(sentence)
    if record:
        typer.echo(f"report: {job.result.parent / f'{job.report}report.html'}")
    if done.failed or (record and record["reference"] and not record["reference"]["all"]["reference_hands"]):
        raise typer.Exit(FAILED)


def _job(bag: Path, out: Path, settings: ReplaySettings, report: bool) -> ReplayJob:
    """The result is the file asked for, or result.mcap in the folder asked for; the report lies beside it."""
    from hand_recon_ros.node.replay_job import ReplayJob

    folder = out.is_dir() or not out.suffix
    if folder:
        out.mkdir(parents=True, exist_ok=True)
    result, prefix = (out / "result.mcap", "") if folder else (out, f"{out.stem}.")
    return ReplayJob(bag, result, settings, prefix if report else None)


def _replay_many(
    bags: list[Path], out: Path, settings: ReplaySettings, workers: Workers | None, address: str | None
) -> None:
    from hand_recon_ros.cli.progress import frame_progress
    from hand_recon_ros.node.merged_report import write_merged_report
    from hand_recon_ros.node.replay_batch import Outcome, finished, plan
    from hand_recon_ros.stopping import stop_on_signals

    if out.suffix == ".mcap" or out.is_file():
        raise ValueError(f"expected a folder for the results of several recordings, got {out}")
    jobs = plan(bags, out, settings)
    before = {job: Outcome(job, record) for job in jobs if (record := finished(job))}
    outcomes = dict(before)
    with stop_on_signals() as stop, frame_progress("{task.description}") as progress:
        bar = progress.add_task("Recordings", total=len(jobs), completed=len(before))
        for outcome in _outcomes([job for job in jobs if job not in before], stop, progress, workers, address):
            outcomes[outcome.job] = outcome
            progress.advance(bar)
            if outcome.error:
                complain(f"{outcome.job.bag}: {outcome.error}")
    told = [outcomes[job] for job in jobs if job in outcomes and not outcomes[job].interrupted]
    write_merged_report(told, out)
    failed = sum(bool(outcome.error) for outcome in told)
    counts = f"{len(told) - failed} of {len(jobs)} recordings done, {len(before)} of them before"
    typer.echo(f"{counts}; {failed} failed; see {out / 'report.html'}")
    if stop.is_set():
        raise KeyboardInterrupt
    if failed or any(outcome.record and outcome.record["skipped"] for outcome in told):
        raise typer.Exit(FAILED)


def _outcomes(
    jobs: list[ReplayJob], stop: threading.Event, progress: Progress, workers: Workers | None, address: str | None
) -> Iterator[Outcome]:
    from hand_recon_ros.node.ray_workers import run_on_ray
    from hand_recon_ros.node.replay_batch import run_in_turn

    if not jobs:
        return iter(())
    if workers is Workers.RAY:
        return run_on_ray(jobs, stop, address)
    bar = progress.add_task("Messages", total=None)
    return run_in_turn(jobs, stop, lambda _, done, total: progress.update(bar, completed=done, total=total))
