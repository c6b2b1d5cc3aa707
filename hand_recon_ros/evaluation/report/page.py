"""The report of one recording."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hand_recon_ros.evaluation.evaluate import Evaluation
from hand_recon_ros.evaluation.jitter import REST_SPEED
from hand_recon_ros.evaluation.report import figures
from hand_recon_ros.evaluation.report.html import (
    escape,
    notes,
    number,
    page,
    percent,
    pictures,
    plot,
    section,
    table,
    tiles,
)

Record = dict[str, Any]


def report_page(evaluation: Evaluation, record: Record, shown: Sequence[tuple[str, bytes]]) -> str:
    """HTML of a report.

    Args:
        evaluation: the figures.
        record: the same as JSON, with what the replay adds to them: recording, image_topic, model, notes.
        shown: captions and JPEG pictures.
    """
    model = f", model {record['model']}" if record["model"] else ""
    subtitle = f"{record['images']} pictures of {record['image_topic']}{model}"
    sections = [notes(record["notes"]), tiles(_headline(record))]
    if record["images"]:
        sections += [_detection(evaluation, record), pictures_section(shown), *_accuracy(evaluation, record)]
        sections += [_steadiness(evaluation, record), _latency(evaluation, record)]
    return page(f"{record['recording']}: hands", subtitle, *sections)


def pictures_section(shown: Sequence[tuple[str, bytes]]) -> str:
    """The pictures, if any."""
    return section("Pictures", pictures(shown)) if shown else ""


def _headline(record: Record) -> list[tuple[str, str]]:
    sides = [
        (percent(figures_["detection_share"]), f"of the pictures show a {side} hand")
        for side, figures_ in record["sides"].items()
    ]
    total = record["latency_ms"]["total"]
    timing = (f"{number(total['p50'], 0)} / {number(total['p95'], 0)} ms", "total latency, p50 / p95")
    return [*sides, timing, *_headline_errors(record["reference"])]


def _headline_errors(reference: Record | None) -> list[tuple[str, str]]:
    if reference is None:
        return []
    overall = reference["all"]
    return [
        (percent(overall["recall"]), "of the reference hands were found"),
        (number(overall["camera"]["mpjpe_mm"], 1, " mm"), "mean joint error in the camera frame"),
        (number(overall["root"]["mpjpe_mm"], 1, " mm"), "from the wrist"),
        (number(overall["procrustes"]["mpjpe_mm"], 1, " mm"), "Procrustes-aligned"),
    ]


def _detection(evaluation: Evaluation, record: Record) -> str:
    rows = [
        [
            escape(side),
            str(found["pictures"]),
            percent(found["detection_share"]),
            str(found["drop_outs"]),
            number(found["longest_gap_s"], 2, " s"),
            str(found["tracks"]),
        ]
        for side, found in record["sides"].items()
    ]
    header = ["side", "pictures with it", "share", "drop-outs", "longest gap", "tracks"]
    explain = "Grey: no hand of this side was found. A drop-out lies between two times at which the side was found."
    return section(
        "Detection over time",
        plot(figures.timeline(evaluation), "timeline of detection of each side"),
        table(header, rows),
        explain=explain,
    )


def _accuracy(evaluation: Evaluation, record: Record) -> list[str]:
    comparison = evaluation.comparison
    if comparison is None:
        return []
    found = [[escape(side), *_found_cells(accuracy)] for side, accuracy in record["reference"].items()]
    errors = [
        [escape(f"{side}, {figures.ALIGNMENT_NAMES[name]}"), *_error_cells(accuracy[name])]
        for side, accuracy in record["reference"].items()
        for name in figures.ALIGNMENT_NAMES
    ]
    content = [
        table(["hands", "in the reference", "found", "recall"], found),
        table(["error", "MPJPE", "median", "AUC 0-50 mm"], errors) if comparison.overall.matched else "",
    ]
    if comparison.overall.matched:
        content += [
            plot(figures.accuracy(evaluation, comparison), "histogram of joint errors and PCK curves"),
            plot(figures.joint_bars(comparison), "mean error of each joint"),
            plot(figures.error_over_time(evaluation, comparison), "error over time"),
        ]
    explain = (
        "MPJPE: mean error of the joints. Median: over hands, of the mean over a hand's joints. AUC: area under the "
        "curve on the right, 0 to 1. Hands that were not found have no error; recall says how many those are."
    )
    return [section("Against the reference", *content, explain=explain)]


def _found_cells(accuracy: Record) -> list[str]:
    return [str(accuracy["reference_hands"]), str(accuracy["matched"]), percent(accuracy["recall"])]


def _error_cells(errors: Record) -> list[str]:
    return [
        number(errors["mpjpe_mm"], 1, " mm"),
        number(errors["median_mm"], 1, " mm"),
        number(errors["auc_0_50_mm"], 3),
    ]


def _steadiness(evaluation: Evaluation, record: Record) -> str:
    rows = [
        [escape(side), number(found["jitter_at_rest_mm"], 2, " mm"), str(found["rest_samples"])]
        for side, found in record["sides"].items()
    ]
    explain = (
        "A real hand's bones keep their length: spread is their standard deviation over their mean. Jitter is how far "
        f"joints tremble (RMS) while the hand moves slower than {100 * REST_SPEED:g} cm/s."
    )
    return section(
        "Steadiness",
        plot(figures.bone_spread(evaluation), "spread of bone lengths"),
        table(["side", "jitter at rest", "samples at rest"], rows),
        explain=explain,
    )


def _latency(evaluation: Evaluation, record: Record) -> str:
    rates = [
        (number(record["image_rate_hz"], 1, " Hz"), "pictures in the recording"),
        (number(record["result_rate_hz"], 1, " Hz"), "results, in the recording's time"),
    ]
    return section(
        "Time",
        tiles(rates),
        plot(figures.latency(evaluation.observations), "histogram of latency, and percentiles of each stage"),
    )
