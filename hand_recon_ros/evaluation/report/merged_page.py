"""The report of many recordings: a row for each, and their totals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hand_recon_ros.evaluation.report.html import escape, link, notes, number, page, percent, section, table, tiles
from hand_recon_ros.evaluation.totals import totals

Record = dict[str, Any]


@dataclass(frozen=True)
class Row:
    """A recording: its name, the folder of its report, and its record or what went wrong."""

    name: str
    folder: str
    record: Record | None
    error: str = ""


def merged_record(rows: Sequence[Row]) -> Record:
    """All recordings as JSON."""
    return {
        "recordings": [
            {"recording": row.name, "folder": row.folder, "error": row.error or None, "figures": row.record}
            for row in rows
        ],
        "totals": totals([row.record for row in rows if row.record]),
    }


def merged_page(rows: Sequence[Row]) -> str:
    """HTML of a report on all recordings."""
    done = [row for row in rows if row.record]
    failed = [f"{row.name}: {row.error}" for row in rows if not row.record]
    total = totals([row.record for row in done if row.record])
    compared = total["reference"] is not None
    lines = [_cells(link(f"{row.folder}/report.html", row.name), row.record, compared) for row in done if row.record]
    lines.append(_cells(escape("together"), total, compared))
    header = ["recording", "pictures", "skipped", "left", "right", "drop-outs", "longest gap", "p50", "p95", "jitter"]
    header += ["recall", "MPJPE", "from wrist", "Procrustes", "AUC (wrist)"] if compared else []
    explain = (
        "Left, right: share of the pictures with a hand of this side. Latency and longest gap of all together: the "
        "highest of any recording. Jitter: RMS of a joint at rest, the larger of the two sides."
    )
    return page(
        f"{len(done)} recordings: hands",
        f"{total['images']} pictures" + (f", {len(failed)} recordings failed" if failed else ""),
        notes(failed),
        tiles(_headline(total)) if done else "",
        section("Recordings", table(header, lines, total=True), explain=explain) if done else "",
    )


def _headline(total: Record) -> list[tuple[str, str]]:
    sides = [(percent(side["detection_share"]), f"{name} hand found") for name, side in total["sides"].items()]
    reference = total["reference"]
    if reference is None:
        return sides
    overall = reference["all"]
    return [
        *sides,
        (percent(overall["recall"]), "of the reference hands were found"),
        (number(overall["camera"]["mpjpe_mm"], 1, " mm"), "mean joint error in the camera frame"),
        (number(overall["root"]["mpjpe_mm"], 1, " mm"), "from the wrist"),
        (number(overall["procrustes"]["mpjpe_mm"], 1, " mm"), "Procrustes-aligned"),
    ]


def _cells(name: str, record: Record, compared: bool) -> list[str]:
    left, right = record["sides"]["left"], record["sides"]["right"]
    total = record["latency_ms"]["total"]
    jitter = [side["jitter_at_rest_mm"] for side in (left, right) if side["jitter_at_rest_mm"] is not None]
    cells = [
        name,
        str(record["images"]),
        str(record["skipped"]),
        percent(left["detection_share"]),
        percent(right["detection_share"]),
        str(left["drop_outs"] + right["drop_outs"]),
        number(max(left["longest_gap_s"] or 0, right["longest_gap_s"] or 0), 2, " s"),
        number(total["p50"], 0, " ms"),
        number(total["p95"], 0, " ms"),
        number(max(jitter, default=None), 2, " mm"),
    ]
    return cells + (_error_cells(record["reference"]) if compared else [])


def _error_cells(reference: Record | None) -> list[str]:
    if reference is None:
        return ["-"] * 5
    overall = reference["all"]
    errors = [number(overall[name]["mpjpe_mm"], 1, " mm") for name in ("camera", "root", "procrustes")]
    return [percent(overall["recall"]), *errors, number(overall["root"]["auc_0_50_mm"], 3)]
