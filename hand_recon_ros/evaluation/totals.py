"""Figures of many recordings out of the records of each."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from hand_recon_ros.evaluation.accuracy import ALIGNMENTS
from hand_recon_ros.evaluation.record import finite

Record = dict[str, Any]


def totals(records: Sequence[Record]) -> Record:
    """What can be said of all recordings together, exactly; None where nothing was measured.

    Counts are added up. Shares, MPJPE and AUC are those of all pictures and hands together; bone-length spread and
    jitter are root mean squares, each recording weighted by its samples. Percentiles of latency cannot be joined: the
    highest of any recording is given. Medians are left out.
    """
    sides = [side for side in ("left", "right") if records]
    compared = [record["reference"] for record in records if record["reference"]]
    return finite(
        {
            "images": sum(record["images"] for record in records),
            "results": sum(record["results"] for record in records),
            "skipped": sum(record["skipped"] for record in records),
            "latency_ms": {
                "total": {
                    f"p{p}": _highest([record["latency_ms"]["total"][f"p{p}"] for record in records])
                    for p in (50, 95, 99)
                }
            },
            "sides": {side: _side(records, side) for side in sides},
            "reference": {who: _accuracy(compared, who) for who in ("all", *sides)} if compared else None,
        }
    )


def _side(records: Sequence[Record], side: str) -> Record:
    found = [record["sides"][side] for record in records]
    pictures, images = sum(f["pictures"] for f in found), sum(record["images"] for record in records)
    bones = {
        bone: _root_mean_square([(f["hands"], f["bone_length_spread"][bone]) for f in found])
        for bone in found[0]["bone_length_spread"]
    }
    return {
        "hands": sum(f["hands"] for f in found),
        "pictures": pictures,
        "detection_share": pictures / images if images else None,
        "drop_outs": sum(f["drop_outs"] for f in found),
        "longest_gap_s": _highest([f["longest_gap_s"] for f in found]),
        "bone_length_spread": bones,
        "jitter_at_rest_mm": _root_mean_square([(f["rest_samples"], f["jitter_at_rest_mm"]) for f in found]),
        "rest_samples": sum(f["rest_samples"] for f in found),
    }


def _accuracy(compared: Sequence[Record], who: str) -> Record:
    found = [reference[who] for reference in compared]
    due, matched = sum(f["reference_hands"] for f in found), sum(f["matched"] for f in found)

    def pooled(name: str, pick: Callable[[Record], float | None]) -> float | None:
        return _mean([(f["matched"], pick(f[name])) for f in found])

    return {
        "reference_hands": due,
        "matched": matched,
        "recall": matched / due if due else None,
        **{
            name: {
                "mpjpe_mm": pooled(name, lambda e: e["mpjpe_mm"]),
                "auc_0_50_mm": pooled(name, lambda e: e["auc_0_50_mm"]),
                "per_joint_mm": {
                    joint: pooled(name, lambda e, joint=joint: e["per_joint_mm"][joint])  # type: ignore[misc]
                    for joint in found[0][name]["per_joint_mm"]
                },
            }
            for name in ALIGNMENTS
        },
    }


def _mean(weighted: Sequence[tuple[int, float | None]]) -> float | None:
    known = [(weight, value) for weight, value in weighted if value is not None]
    total = sum(weight for weight, _ in known)
    return sum(weight * value for weight, value in known) / total if total else None


def _root_mean_square(weighted: Sequence[tuple[int, float | None]]) -> float | None:
    mean = _mean([(weight, None if value is None else value**2) for weight, value in weighted])
    return None if mean is None else math.sqrt(mean)


def _highest(values: Sequence[float | None]) -> float | None:
    return max((value for value in values if value is not None), default=None)
