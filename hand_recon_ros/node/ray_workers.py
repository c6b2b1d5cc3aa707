"""Replays recordings on a Ray cluster, of this machine alone unless an address is given."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from hand_recon_ros.node.replay_batch import Outcome, run_afresh
from hand_recon_ros.node.replay_job import ReplayJob

POLL_S = 0.5
FAREWELL_S = 20.0
"""How long interrupted workers may take to close their recordings."""


def run_on_ray(jobs: Sequence[ReplayJob], stop: threading.Event, address: str | None = None) -> Iterator[Outcome]:
    """Outcomes in the order in which the recordings are done, until stop is set; one CPU (and GPU) for each.

    Recordings and results need the same paths on every machine of the cluster.

    Args:
        jobs: what to do.
        stop: ends it early; recordings being replayed are closed.
        address: of a running cluster; by default one is started here, and ended at the end.

    Raises:
        ImportError: Ray is not installed.
        ConnectionError: there is no cluster at the address.
    """
    ray = _ray()
    ray.init(
        address or "local",
        include_dashboard=False if address is None else None,
        log_to_driver=False,
        logging_level=logging.ERROR,
    )
    try:
        yield from _outcomes(ray, jobs, stop)
    finally:
        ray.shutdown()


def _ray() -> Any:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing about this machine goes anywhere
    try:
        import ray
    except ImportError as error:
        raise ImportError("expected Ray for --workers ray: pip install 'hand_recon_ros[ray]'") from error
    return ray


def _outcomes(ray: Any, jobs: Sequence[ReplayJob], stop: threading.Event) -> Iterator[Outcome]:
    gpus = int(ray.cluster_resources().get("GPU", 0) > 0 and jobs[0].settings.parameters.device != "cpu")
    task = ray.remote(num_cpus=1, num_gpus=gpus, max_retries=0)(_work)
    running = {task.remote(_one_thread(job)): job for job in jobs}
    while running and not stop.is_set():
        done, _ = ray.wait(list(running), timeout=POLL_S)
        for future in done:
            yield _outcome(ray, future, running.pop(future))
    for future in running:
        ray.cancel(future)
    if running:
        ray.wait(list(running), num_returns=len(running), timeout=FAREWELL_S)


def _work(job: ReplayJob) -> Outcome:
    return run_afresh(job, threading.Event())


def _outcome(ray: Any, future: Any, job: ReplayJob) -> Outcome:
    try:
        return replace(ray.get(future), job=job)
    except ray.exceptions.RayError as error:
        return Outcome(job, error=f"its worker failed: {str(error).strip().splitlines()[0]}")


def _one_thread(job: ReplayJob) -> ReplayJob:
    """Recordings side by side take one thread each, unless the parameters say otherwise."""
    settings = job.settings
    threads = settings.parameters.threads or 1
    return replace(job, settings=replace(settings, parameters=replace(settings.parameters, threads=threads)))
