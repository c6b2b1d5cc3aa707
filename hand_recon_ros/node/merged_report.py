"""report.html and report.json of many recordings."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from hand_recon_ros.atomic import written_whole
from hand_recon_ros.evaluation.report.merged_page import Row, merged_page, merged_record
from hand_recon_ros.node.replay_batch import Outcome


def write_merged_report(outcomes: Sequence[Outcome], out: Path) -> None:
    """Write both files into a folder, each whole or not at all.

    Raises:
        OSError: they cannot be written.
    """
    rows = [Row(o.job.bag.name, o.job.result.parent.name, o.record, o.error) for o in outcomes]
    out.mkdir(parents=True, exist_ok=True)
    with written_whole(out / "report.html") as partial:
        partial.write_text(merged_page(rows), encoding="utf-8")
    with written_whole(out / "report.json") as partial:
        partial.write_text(json.dumps(merged_record(rows), indent=1, allow_nan=False) + "\n", encoding="utf-8")
